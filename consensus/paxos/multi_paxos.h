// Multi-Paxos: a replicated log in which each slot is an instance of Paxos, under one leader at a
// time (van Renesse and Altinbuken, "Paxos Made Moderately Complex", ACM Computing Surveys 2015:
// PMMC; Chandra, Griesemer, Redstone, "Paxos Made Live", PODC 2007: PML).
//
// PMMC's roles live in each node: acceptor.cc is its acceptor, scout.cc how a node becomes leader
// (phase 1 for all slots at once), commander.cc how a leader gets slots chosen (phase 2),
// replica.cc how what is chosen is applied and caught up with, snapshots.cc how the log stays
// short, reads.cc how reads pass the log by, reconfiguration.cc how acceptors change, disk.cc what
// lies on disk, multi_paxos.cc what surrounds them all. Messages are in multi_paxos.proto;
// ballot.h, slot.h and configurations.h are small types. Single-decree Paxos, to read before, is
// paxos.h.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "consensus/asker.h"
#include "consensus/paxos/ballot.h"
#include "consensus/paxos/configurations.h"
#include "consensus/paxos/multi_paxos.messages.h"
#include "consensus/paxos/multi_reached.h"
#include "consensus/paxos/slot.h"
#include "consensus/quorum.h"
#include "consensus/rounds.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class MultiPaxos {
 public:
  using Message = multi_paxos::Message;
  using Ctx = Context<MultiPaxos>;
  enum class Timer : std::uint32_t { Election, Heartbeat, Transfer };
  enum class Role : std::uint8_t { Follower, Candidate, Leader };
  using ReadLevel = multi_paxos::ReadOptions::Level;

  struct Options {
    /// How long a node waits for a leader before it tries to lead. Requires: well above the
    /// heartbeat and the time of a round trip.
    Between election_timeout{150ms, 300ms};
    Between heartbeat{50ms, 50ms};
    /// The replicated machine, with client sessions around it (statemachine/sessions.h).
    MachineFactory machine;

    /// α: so many slots may be under way at once, and so many slots after its own a configuration
    /// comes into force (PMMC §2.2). The same for all nodes. Requires: at least 1.
    std::uint32_t window = 16;
    /// Most slots in one Accept or Chosen. Requires: at least 1.
    std::uint32_t batch = 64;
    /// The log is compacted into a snapshot after so many applied slots; 0 for never.
    std::uint64_t snapshot_every = 0;

    /// How reads are answered whose request does not say.
    ReadLevel read = multi_paxos::ReadOptions::LOG;
    /// Nodes that hear from a leader promise no other ballot for the shortest election timeout, and
    /// the leader answers reads from what it has applied meanwhile (PML §5.2).
    bool lease = false;
    /// By how much, in per cent of that timeout, a lease ends early: it bounds the drift of clocks
    /// that the lease survives. Requires: at most 100.
    std::uint32_t lease_margin = 10;
  };

  explicit MultiPaxos(Options options);

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const multi_paxos::Prepare& prepare);
  void on(Ctx& ctx, NodeId from, const multi_paxos::Promise& promise);
  void on(Ctx& ctx, NodeId from, const multi_paxos::Refused& refused);
  void on(Ctx& ctx, NodeId from, const multi_paxos::Accept& accept);
  void on(Ctx& ctx, NodeId from, const multi_paxos::Accepted& accepted);
  void on(Ctx& ctx, NodeId from, const multi_paxos::Heartbeat& heartbeat);
  void on(Ctx& ctx, NodeId from, const multi_paxos::HeartbeatReply& reply);
  void on(Ctx& ctx, NodeId from, const multi_paxos::CatchUp& question);
  void on(Ctx& ctx, NodeId from, const multi_paxos::Chosen& chosen);
  void on(Ctx& ctx, NodeId from, const multi_paxos::Snapshot& snapshot);
  void on(Ctx& ctx, NodeId from, const multi_paxos::TakeOver& wish);
  void on(Ctx& ctx, NodeId from, const multi_paxos::ReadQuery& query);
  void on(Ctx& ctx, NodeId from, const multi_paxos::ReadReply& reply);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  void describe(Fields& fields) const;

 private:
  using Ballot = paxos::Ballot;
  using Slot = paxos::Slot;
  using Value = multi_paxos::Value;

  /// What this node accepted in a slot, or knows to be chosen for it.
  struct Vote {
    Ballot ballot{};
    Value value;
    bool chosen = false;
  };

  /// A quorum read under way.
  struct PendingRead {
    Asker asker;
    std::string command;
    Votes answers;
    Slot slot{};  // The last slot that any of them voted in.
  };

  /// A slot that this leader wants to get chosen (PMMC: a commander).
  struct Proposal {
    Votes votes;
    bool is_old = false;  // A heartbeat has passed since.
  };

  // Clients, and who leads; multi_paxos.cc.
  void execute(Ctx& ctx, const Request& request);
  void follow(Ctx& ctx);
  void hear_leader(Ctx& ctx, NodeId leader);
  void wait_for_leader(Ctx& ctx);
  static void reached(Ctx& ctx, MultiPaxosReach kind);

  // The acceptor; acceptor.cc.
  bool adopt(Ctx& ctx, Ballot ballot);
  bool hears_leader(Ctx& ctx) const;
  void refuse(Ctx& ctx, NodeId to, Ballot ballot);
  void send_promise(Ctx& ctx, NodeId to, Slot from_slot);
  void accept(Ctx& ctx, Slot slot, Ballot ballot, const Value& value);
  Slot last_slot() const;

  // Phase 1; scout.cc.
  bool may_lead(NodeId self) const;
  void stand(Ctx& ctx, Ballot takes_over);
  void ask_to_promise(Ctx& ctx, const Nodes& acceptors);
  void collect(NodeId from, const multi_paxos::Promise& promise);
  bool has_promises(Slot slot) const;
  void lead_if_promised(Ctx& ctx);
  void lead(Ctx& ctx);
  void transfer(Ctx& ctx, const Asker& asker, NodeId successor);

  // Phase 2; commander.cc.
  void propose(Ctx& ctx);
  bool may_propose(Ctx& ctx, Slot slot);
  std::optional<Value> value_for(Ctx& ctx, Slot slot);
  Ctx::Prepared accept_message(Slot first, Slot last) const;
  void send_accept(Ctx& ctx, Slot first, Slot last);
  void propose_again(Ctx& ctx);
  void propose_again(Ctx& ctx, NodeId acceptor);
  void advance_commit(Ctx& ctx);
  void send_heartbeats(Ctx& ctx);
  bool is_settled() const;

  // What is chosen; replica.cc.
  void learn(Ctx& ctx, Slot commit, Ballot ballot);
  void commit(Ctx& ctx, Slot slot);
  void apply(Ctx& ctx, Slot slot, const Value& value);
  void go_on(Ctx& ctx);
  void catch_up(Ctx& ctx, NodeId with);

  // Snapshots (PML §5.5); snapshots.cc.
  void compact_if_due(Ctx& ctx);
  void compact(Ctx& ctx);
  void send_snapshot(Ctx& ctx, NodeId to);
  void write(multi_paxos::StoredSnapshot& record) const;
  bool take(const multi_paxos::StoredSnapshot& record, std::string_view state);

  // Reads; reads.cc.
  void read(Ctx& ctx, const Request& request);
  std::optional<ReadLevel> level_of(const Request& request) const;
  bool has_lease(Ctx& ctx) const;
  std::uint64_t agreed_round() const;
  void query(Ctx& ctx, std::uint64_t read);
  void answer_reads(Ctx& ctx);
  void serve(Ctx& ctx, const Asker& asker, std::string_view command, ReadLevel level);
  bool is_answered(const PendingRead& read) const;

  // Changes of the acceptors (PMMC §2.2); reconfiguration.cc.
  void administer(Ctx& ctx, const Request& request);
  void change(Ctx& ctx, const Asker& asker, const Nodes& target);
  void configure(Ctx& ctx);
  Slot horizon() const { return paxos::plus(commit_, options_.window); }
  Nodes everybody() const { return configurations_.members(paxos::next(commit_), horizon()); }

  // The disk; disk.cc.
  void store_promise(Ctx& ctx);
  void store_vote(Ctx& ctx, Slot slot);
  void store_snapshot(Ctx& ctx, std::string state);
  void forget_votes(Ctx& ctx, Slot last);
  void load(Ctx& ctx);

  Options options_;

  // The acceptor's, on disk too.
  Ballot promised_{};
  std::map<Slot, Vote> votes_;  // Invariant: all above snapshot_.
  Slot snapshot_{};             // The snapshot on disk holds everything up to here.
  paxos::Configurations configurations_;

  // The replica's.
  Slot commit_{};   // All slots up to here are known to be chosen,
  Slot applied_{};  // and up to here applied.
  AnyMachine machine_;
  Slot configured_{};  // Since when the configuration governs that was last told of.

  Role role_ = Role::Follower;
  std::optional<NodeId> leader_;      // Whom clients should ask.
  std::optional<Time> leader_heard_;  // When, by the local clock; only with leases.
  Ballot ballot_{};                   // Of this candidate or leader,
  Ballot takes_over_{};               // and of the leader that asked it to stand, if one did.

  // What a candidate, and then a leader, learnt in phase 1.
  Slot prepared_{};  // The first slot that the promises are about.
  Votes promises_;
  std::map<Slot, Vote> recovered_;  // The vote of the highest ballot for each slot (PMMC: pmax).
  Slot last_seen_{};                // The last slot that anybody voted in.
  Slot compacted_{};                // Some acceptor keeps no votes up to here,
  NodeId compacted_by_{};           // and this one has what was chosen.

  // The leader's.
  Slot next_slot_{};
  std::map<Slot, Proposal> proposals_;  // Those not yet applied.
  std::deque<Value> waiting_;           // For slots.
  Slot fill_to_{};                      // All slots up to here are to be used soon.
  Rounds rounds_;
  std::map<NodeId, std::uint64_t> rounds_heard_;
  std::uint32_t unconfirmed_ = 0;  // Heartbeats since a quorum answered.
  bool has_asked_ = false;         // For promises or what is chosen, since the last heartbeat.
  bool gave_lease_up_ = false;     // It asked somebody to take over.
  std::optional<Asker> transfer_;
  std::optional<Asker> change_;  // Who asked for the configuration that is not in force yet.

  std::map<std::uint64_t, PendingRead> reads_;  // Quorum reads under way.
  std::uint64_t last_read_ = 0;
};

}  // namespace lockstep::consensus
