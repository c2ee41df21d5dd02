// Raft: a replicated log under one leader at a time (Ongaro and Ousterhout, "In Search of an
// Understandable Consensus Algorithm", USENIX ATC 2014). Section numbers in comments are that
// paper's; "dissertation" is Ongaro's (Stanford, 2014).
//
// Reading order beside the paper: the state below is Figure 2's box "State". election.cc is §5.2
// and §5.4.1, replication.cc is §5.3 and §5.4.2, snapshot.cc is §7, persistence.cc is what lies
// on disk, raft.cc what surrounds them all (§5.1 terms, §8 clients). Messages are in raft.proto,
// the in-memory log in log.h, what a leader knows of others in progress.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/raft/log.h"
#include "consensus/raft/position.h"
#include "consensus/raft/progress.h"
#include "consensus/raft/quorum.h"
#include "consensus/raft/raft.messages.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class Raft {
 public:
  using Message = raft::Message;
  using Ctx = Context<Raft>;
  enum class Timer : std::uint32_t { Election, Heartbeat };
  enum class Role : std::uint8_t { Follower, Candidate, Leader };

  struct Options {
    /// How long a follower waits for a leader before it stands for election. Requires: well above
    /// the heartbeat and the time of a round trip (§5.6).
    Between election_timeout{150ms, 300ms};
    Between heartbeat{50ms, 50ms};
    /// The replicated machine, with client sessions around it (statemachine/sessions.h).
    MachineFactory machine;
    /// Most entries in one AppendEntries. Requires: at least 1.
    std::uint32_t max_batch = 64;
    /// Most AppendEntries with entries in flight to one follower. Requires: at least 1.
    std::uint32_t pipeline = 8;
    /// Applied entries after which the log is compacted into a snapshot; 0 for never.
    std::uint64_t snapshot_every = 0;
    /// Bytes of a snapshot in one InstallSnapshot. Requires: at least 1.
    std::uint32_t snapshot_chunk = 4096;
    /// A leader begins its term with an empty entry, so that it learns what is committed (§8).
    bool noop_on_election = true;
  };

  explicit Raft(Options options);

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const raft::RequestVote& request);
  void on(Ctx& ctx, NodeId from, const raft::VoteReply& reply);
  void on(Ctx& ctx, NodeId from, const raft::AppendEntries& append);
  void on(Ctx& ctx, NodeId from, const raft::AppendReply& reply);
  void on(Ctx& ctx, NodeId from, const raft::InstallSnapshot& chunk);
  void on(Ctx& ctx, NodeId from, const raft::SnapshotReply& reply);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  void describe(Fields& fields) const;

 private:
  using Term = raft::Term;
  using Index = raft::Index;
  using Progress = raft::Progress;

  // Terms (§5.1) and clients (§8); raft.cc.
  void follow(Ctx& ctx, Term term);
  void follow_leader(Ctx& ctx, Term term, NodeId leader);
  void answer(Ctx& ctx, const Request& request, Reply::Status status, std::string_view result);

  // Elections (§5.2, §5.4.1); election.cc.
  void stand_for_election(Ctx& ctx);
  void lead(Ctx& ctx);
  bool is_up_to_date(const raft::RequestVote& request) const;

  // Replication (§5.3, §5.4.2); replication.cc.
  void replicate(Ctx& ctx);
  void replicate(Ctx& ctx, Progress& member);
  void send_entries(Ctx& ctx, const Progress& member, Index last);
  void send_heartbeats(Ctx& ctx);
  void acknowledge_own_log(Ctx& ctx);
  void reject(Ctx& ctx, NodeId leader, Index prev);
  Index resume_index(const raft::AppendReply& rejection) const;
  void advance_commit(Ctx& ctx);
  void commit(Ctx& ctx, Index index);
  void apply_committed(Ctx& ctx);
  void answer_applied(Ctx& ctx, std::string_view command, std::string_view result);
  Progress* progress_of(NodeId member);

  // Snapshots (§7); snapshot.cc.
  void compact_if_due(Ctx& ctx);
  void start_install(Ctx& ctx, Progress& member);
  void send_chunk(Ctx& ctx, const Progress& member);
  bool collect(const raft::InstallSnapshot& chunk);
  bool install(Ctx& ctx, Index index, Term term);
  void reply_snapshot(Ctx& ctx, NodeId leader, const raft::InstallSnapshot& chunk, bool installed);

  // The disk; persistence.cc.
  void store_term(Ctx& ctx);
  void append(Ctx& ctx, const raft::Entry& entry);
  void truncate(Ctx& ctx, Index from);
  void erase_entries(Ctx& ctx, Index first, Index last);
  void store_snapshot(Ctx& ctx, Index index, Term term, std::string state);
  std::string_view stored_state(Ctx& ctx) const;
  void load_term(Ctx& ctx);
  void load_snapshot(Ctx& ctx);
  void load_log(Ctx& ctx);

  Options options_;

  // On disk too (Figure 2, "Persistent state on all servers").
  Term term_{};
  std::optional<NodeId> voted_for_;
  raft::Log log_;

  // "Volatile state on all servers".
  Role role_ = Role::Follower;
  std::optional<NodeId> leader_;  // Whom this term's clients should ask.
  Index commit_{};
  Index applied_{};
  AnyMachine machine_;

  // A candidate's.
  raft::Votes votes_;

  // "Volatile state on leaders": one for each member, this node included.
  std::vector<Progress> progress_;

  // The part of a snapshot that has arrived.
  struct Incoming {
    Term term{};  // Of the leader that sends it.
    Index index{};
    std::string state;
  };
  Incoming incoming_;
};

}  // namespace lockstep::consensus
