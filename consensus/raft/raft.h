// Raft: a replicated log under one leader at a time (Ongaro and Ousterhout, "In Search of an
// Understandable Consensus Algorithm", USENIX ATC 2014, sections marked §5 to §8) with what a
// server in production needs besides (Ongaro's dissertation, Stanford 2014; sections written in
// full, "dissertation §4.2.2").
//
// Reading order beside the paper: the state below is Figure 2's box "State". election.cc is §5.2
// and §5.4.1 with pre-vote, leader stickiness and transfer; replication.cc is §5.3 and §5.4.2,
// apply.cc what follows a commit, snapshot.cc §7, reads.cc how reads pass the log by, membership.cc
// how servers come and go, persistence.cc what lies on disk, raft.cc what surrounds them all (§5.1
// terms, §8 clients). Messages are in raft.proto; log.h, configuration.h, progress.h and
// quorum.h are small types without messages or disks.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/asker.h"
#include "consensus/quorum.h"
#include "consensus/raft/configuration.h"
#include "consensus/raft/log.h"
#include "consensus/raft/position.h"
#include "consensus/raft/progress.h"
#include "consensus/raft/quorum.h"
#include "consensus/raft/raft.messages.h"
#include "consensus/raft/reached.h"
#include "consensus/rounds.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class Raft {
 public:
  using Message = raft::Message;
  using Ctx = Context<Raft>;
  enum class Timer : std::uint32_t { Election, Heartbeat, QuorumCheck, Transfer, CatchUp };
  enum class Role : std::uint8_t { Follower, PreCandidate, Candidate, Leader };
  using ReadLevel = raft::ReadOptions::Level;

  struct Options {
    /// How long a follower waits for a leader before it stands for election. Requires: well above
    /// the heartbeat and the time of a round trip (§5.6).
    Between election_timeout{150ms, 300ms};
    Between heartbeat{50ms, 50ms};
    /// The replicated machine, with client sessions around it (statemachine/sessions.h).
    MachineFactory machine;
    /// Who founds the group, where the cluster has other nodes too. Empty: all founders.
    Nodes members;

    /// Most entries in one AppendEntries, and bytes of commands in it (one entry always fits).
    /// Requires: at least 1.
    std::uint32_t max_batch = 64;
    std::uint64_t max_batch_bytes = 64 * 1024;
    /// Most AppendEntries with entries in flight to one follower. Requires: at least 1.
    std::uint32_t pipeline = 8;
    /// Most entries that may wait for their commit; beyond, clients are told to come back. 0: any.
    std::uint64_t max_uncommitted = 0;
    /// The leader sends entries while it writes them to its own disk (dissertation §10.2.1).
    bool async_disk_write = true;

    /// The log is compacted into a snapshot after so many applied entries, or once its commands
    /// take so many bytes; 0 for never.
    std::uint64_t snapshot_every = 0;
    std::uint64_t snapshot_bytes = 0;
    /// Entries before a snapshot that stay, for followers that are only a little behind.
    std::uint64_t snapshot_keep = 0;
    /// Bytes of a snapshot in one InstallSnapshot. Requires: at least 1.
    std::uint32_t snapshot_chunk = 4096;

    /// A leader begins its term with an empty entry, so that it learns what is committed (§8).
    bool noop_on_election = true;
    /// A server asks whether it would win before it spends a term on it (dissertation §9.6).
    bool pre_vote = true;
    /// A leader that hears from no quorum during an election timeout steps down (§6.2).
    bool check_quorum = true;
    /// Servers that heard from a leader lately ignore candidates (dissertation §4.2.3).
    bool leader_stickiness = true;
    /// By node number, from node 1 on: a server waits one more election timeout if another has a
    /// higher priority, and a leader hands over to that one. Nodes without one have 0.
    std::vector<std::uint32_t> priorities;

    /// How reads are answered whose request does not say.
    ReadLevel read = raft::ReadOptions::READ_INDEX;
    /// The leader may answer reads from its lease (dissertation §6.4.1).
    /// Requires: leader_stickiness.
    bool lease = false;
    /// By how much, in per cent of the shortest election timeout, a lease ends early. It bounds the
    /// drift of clocks that the lease survives: with rates off by up to e, (1 - e) / (1 + e) of the
    /// timeout is safe. Requires: at most 100.
    std::uint32_t lease_margin = 10;

    /// Changes go through a joint configuration (dissertation §4.3), not in one step (§4.1).
    bool joint_consensus = false;

    /// Records carry seals and are never overwritten in place, so that a server comes back from a
    /// disk that tore a write.
    bool sealed_records = false;
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
  void on(Ctx& ctx, NodeId from, const raft::TimeoutNow& request);
  void on(Ctx& ctx, NodeId from, const raft::ReadIndex& request);
  void on(Ctx& ctx, NodeId from, const raft::ReadIndexReply& reply);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  void describe(Fields& fields) const;

 private:
  using Term = raft::Term;
  using Index = raft::Index;
  using Progress = raft::Progress;
  using Configuration = raft::Configuration;

  /// A read that waits for a round to be confirmed and for entries to be applied.
  struct PendingRead {
    std::uint64_t round = 0;
    Index index{};
    NodeId follower{};              // That asks for a read index; none if a client asks,
    std::uint64_t read_number = 0;  // and the follower's number for it.
    Asker asker;
    std::string command;
  };

  // Terms (§5.1) and clients (§8); raft.cc.
  void follow(Ctx& ctx, Term term);
  void stop_leading(Ctx& ctx);
  void follow_leader(Ctx& ctx, Term term, NodeId leader);
  void wait_for_leader(Ctx& ctx);
  void execute(Ctx& ctx, const Request& request);
  static void reached(Ctx& ctx, RaftReach kind);

  // Elections (§5.2, §5.4.1); election.cc.
  bool may_stand(NodeId self) const;
  void on_election_timeout(Ctx& ctx);
  void ask_for_pre_votes(Ctx& ctx);
  void stand_for_election(Ctx& ctx, bool transfer);
  void ask_for_votes(Ctx& ctx, bool pre_vote, bool transfer);
  void lead(Ctx& ctx);
  bool is_up_to_date(const raft::RequestVote& request) const;
  bool hears_leader(Ctx& ctx) const;
  void check_quorum(Ctx& ctx);
  std::uint32_t priority_of(NodeId node) const;
  bool is_outranked(NodeId self) const;

  // Leadership transfer (dissertation §3.10); transfer.cc.
  void transfer(Ctx& ctx, const Asker& asker, NodeId successor);
  void begin_transfer(Ctx& ctx, NodeId successor, std::optional<Asker> asker);
  void continue_transfer(Ctx& ctx);
  void ask_to_stand(Ctx& ctx, NodeId successor);
  void abandon_transfer(Ctx& ctx);
  void hand_over_to_preferred(Ctx& ctx);
  const Progress* most_advanced_voter(NodeId self) const;

  // Replication (§5.3, §5.4.2); replication.cc.
  /// Followers at the same place get the same message, which is made once.
  struct Batch {
    Index first{};
    Index last{};
    Ctx::Prepared message;
  };
  void replicate(Ctx& ctx);
  void replicate(Ctx& ctx, Progress& member, Batch& batch);
  void send_entries(Ctx& ctx, const Progress& member, Index last, Batch& batch);
  void write(Index index, raft::Entry& entry) const;
  void send_heartbeats(Ctx& ctx);
  void begin_round(Ctx& ctx);
  Index batch_end(Index first) const;
  void append_no_op(Ctx& ctx);
  void acknowledge_own_log(Ctx& ctx);
  void reject(Ctx& ctx, NodeId leader, const raft::AppendEntries& append);
  Index resume_index(const raft::AppendReply& rejection) const;
  void heard_from(Ctx& ctx, Progress& member, std::uint64_t round);
  Progress* progress_of(NodeId member);

  // Committing and applying (§5.3, §5.4.2, §8); apply.cc.
  void advance_commit(Ctx& ctx);
  void commit(Ctx& ctx, Index index);
  void apply_committed(Ctx& ctx);
  void answer_applied(Ctx& ctx, std::string_view command, std::string_view result);
  bool has_committed_in_term() const { return commit_ >= term_start_; }

  // Snapshots (§7); snapshot.cc.
  void compact_if_due(Ctx& ctx);
  void compact(Ctx& ctx);
  void start_install(Ctx& ctx, Progress& member);
  void send_chunk(Ctx& ctx, const Progress& member);
  bool collect(Ctx& ctx, const raft::InstallSnapshot& chunk);
  bool continues(const raft::InstallSnapshot& chunk) const;
  bool install(Ctx& ctx);
  void reply_snapshot(Ctx& ctx, NodeId leader, const raft::InstallSnapshot& chunk, bool installed);

  // Reads that pass the log by (dissertation §6.4); reads.cc.
  void read(Ctx& ctx, const Request& request);
  std::optional<ReadLevel> level_of(const Request& request) const;
  void read_as_leader(Ctx& ctx, const Asker& asker, const std::string& command, ReadLevel level);
  void enqueue(Ctx& ctx, PendingRead read);
  bool has_lease(Ctx& ctx) const;
  void confirm_rounds(Ctx& ctx);
  void answer_reads(Ctx& ctx);
  void serve(Ctx& ctx, const Asker& asker, std::string_view command, ReadLevel level);
  void drop_reads(Ctx& ctx);

  // Membership (dissertation chapter 4); membership.cc.
  void administer(Ctx& ctx, const Request& request);
  void change(Ctx& ctx, const Asker& asker, Configuration target);
  void continue_change(Ctx& ctx);
  bool newcomers_caught_up() const;
  void append_configuration(Ctx& ctx, Configuration configuration);
  void use_configuration(Ctx& ctx, Index index, Configuration configuration);
  void tell_configuration(Ctx& ctx);
  void follow_up_committed(Ctx& ctx, Index index);
  void leave_if_removed(Ctx& ctx);
  void update_progress(Ctx& ctx);
  void abandon_change(Ctx& ctx);

  // The disk; persistence.cc.
  void store_term(Ctx& ctx);
  void append(Ctx& ctx, const raft::Entry& entry);
  void tell_appended(Ctx& ctx, const raft::Entry& entry);
  void truncate(Ctx& ctx, Index from);
  void erase_entries(Ctx& ctx, Index first, Index last);
  void store_snapshot(Ctx& ctx, std::string state, Index first, Index last);
  void store_chunk(Ctx& ctx, std::string_view data);
  void erase_chunks(Ctx& ctx);
  std::string_view stored_state(Ctx& ctx) const;
  void load_term(Ctx& ctx);
  void load_snapshot(Ctx& ctx);
  void load_log(Ctx& ctx);
  void load_chunks(Ctx& ctx);
  void put(Ctx& ctx, std::string_view key, std::string bytes, Term follows = {}) const;
  std::optional<std::string_view> get(Ctx& ctx, std::string_view key) const;
  std::optional<std::string_view> opened(std::string_view record, Term follows = {}) const;
  std::string other_slot(std::string_view key, std::uint32_t& slot) const;
  std::string slot_key(std::string_view key, std::uint32_t slot) const;
  std::uint32_t slots() const { return options_.sealed_records ? 2 : 1; }
  std::string state_key(Index index) const;
  void erase_leftovers(Ctx& ctx);

  Options options_;

  // On disk too (Figure 2, "Persistent state on all servers").
  Term term_{};
  std::optional<NodeId> voted_for_;
  raft::Log log_;
  raft::Configurations configurations_;  // Those that stand in the log.
  std::uint32_t term_slot_ = 0;          // Where the latest of its kind lies; with seals only.
  std::uint32_t snapshot_slot_ = 0;

  /// What the snapshot on disk covers; the log may begin earlier.
  struct Snapshot {
    Index index{};
    Term term{};
    Configuration configuration;
  };
  Snapshot snapshot_;

  // "Volatile state on all servers".
  Role role_ = Role::Follower;
  std::optional<NodeId> leader_;      // Whom this term's clients should ask.
  std::optional<Time> leader_heard_;  // When, by the local clock; only with stickiness.
  Index commit_{};
  Index applied_{};
  AnyMachine machine_;
  std::uint64_t applied_bytes_ = 0;  // Of commands, since the snapshot.

  // A candidate's.
  Votes votes_;
  bool stands_for_transfer_ = false;

  // "Volatile state on leaders": one for each member, this node included.
  std::vector<Progress> progress_;
  Rounds rounds_;
  Index term_start_{};  // Where the first entry of this leader's term is, or will be.

  std::deque<PendingRead> reads_;  // Rounds and indices ascend.

  struct Transfer {
    NodeId successor{};
    std::optional<Asker> asker;  // An operator; none if the leader itself found a better one.
    bool asked_to_stand = false;
  };
  std::optional<Transfer> transfer_;
  bool gave_lease_up_ = false;  // It asked somebody to stand in this term.

  /// A change of the configuration that this leader was asked for.
  struct Change {
    Asker asker;
    Configuration target;
  };
  std::optional<Change> change_;

  // A follower's reads that wait for an index, or for entries to be applied.
  struct ForwardedRead {
    Asker asker;
    std::string command;
    std::optional<Index> index;
  };
  std::map<std::uint64_t, ForwardedRead> forwarded_;
  std::uint64_t last_read_number_ = 0;

  /// The part of a snapshot that has arrived.
  struct Incoming {
    Snapshot snapshot;
    std::uint64_t size = 0;
    std::uint64_t digest = 0;
    std::string state;
    Term sender{};  // The latest term in which a leader sent of it; 0 after a restart.
  };
  Incoming incoming_;
};

}  // namespace lockstep::consensus
