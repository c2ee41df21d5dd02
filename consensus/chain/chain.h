// Chain replication (van Renesse and Schneider, "Chain Replication for Supporting High Throughput
// and Availability", OSDI 2004; sections marked OSDI'04 §3) and CRAQ (Terrace and Freedman,
// "Object Storage on CRAQ", USENIX ATC 2009; marked CRAQ §2.3), over links that lose, repeat and
// reorder, among servers that crash and come back with their disk.
//
// Reading order beside the papers: the state below. propagation.cc is OSDI'04 §3.1 and §3.2, how
// updates go down the chain and acknowledgements come back; history.cc what a server keeps and when
// it commits; reads.cc who answers queries (CRAQ §2.3, §2.4); epochs.cc is OSDI'04 §3.1.1 to
// §3.1.5, failures of head, middle and tail, and new servers; leases.cc how servers and master talk
// (the master itself: master.h); persistence.cc what lies on disk; chain.cc what surrounds them.
// Messages are in chain.proto.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/asker.h"
#include "consensus/chain/chain.messages.h"
#include "consensus/chain/configuration.h"
#include "consensus/chain/master.h"
#include "consensus/chain/reached.h"
#include "consensus/failure_detector.h"
#include "consensus/vocabulary.h"
#include "transport/bytes.h"

namespace lockstep::consensus {

class Chain {
 public:
  using Message = chain::Message;
  using Ctx = Context<Chain>;
  enum class Timer : std::uint32_t { Tick, LeaseOver };
  using ReadLevel = chain::ReadOptions::Level;

  /// The group that the claims of the chain name; the masters' Raft has group 0.
  static constexpr transport::GroupId kGroup{1};

  struct Options {
    /// The replicated machine, with client sessions around it (statemachine/sessions.h).
    MachineFactory machine;
    /// The object that a command of the machine inside is about; nothing if there is only one.
    std::optional<std::string> (*object)(std::string_view command) = nullptr;
    /// The first nodes of the cluster are the masters, so many. Requires: at least 1.
    std::uint32_t masters = 3;
    /// Every server answers reads (CRAQ), not only the tail.
    bool apportioned = false;

    /// How often a server shows its neighbours that it is there, sends again what may be lost, and
    /// renews its lease.
    Duration heartbeat = 50ms;
    /// After so many heartbeats without a word a neighbour is suspected. Requires: at least 1.
    std::uint32_t patience = 6;
    /// How long after it asked the master a server may answer reads, by its own clock.
    Duration lease = 300ms;
    /// How much longer, in per cent, others wait before they have a suspected server removed. With
    /// clocks whose rates are off by up to e, (1 + e) / (1 - e) of the lease is safe.
    std::uint32_t lease_margin = 10;

    /// Most updates in one message. Requires: at least 1.
    std::uint32_t max_batch = 64;
    /// Most updates that may wait for their commit; beyond, clients are told to come back. 0: any.
    std::uint64_t window = 0;
    /// The history is replaced by a snapshot after so many committed updates; 0 for never.
    std::uint64_t snapshot_every = 0;
  };

  explicit Chain(Options options);

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const Reply& reply);
  void on(Ctx& ctx, NodeId from, const chain::Update& update);
  void on(Ctx& ctx, NodeId from, const chain::UpdateAck& ack);
  void on(Ctx& ctx, NodeId from, const chain::State& state);
  void on(Ctx& ctx, NodeId from, const chain::Durable& durable);
  void on(Ctx& ctx, NodeId from, const chain::VersionQuery& query);
  void on(Ctx& ctx, NodeId from, const chain::VersionReply& reply);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  void describe(Fields& fields) const;

 private:
  using Configuration = chain::Configuration;

  /// An update of the history.
  struct Update {
    std::uint64_t epoch = 0;
    transport::Bytes command;
  };

  // Clients; chain.cc.
  void execute(Ctx& ctx, const Request& request);
  bool is_head(NodeId node) const { return has_chain() && configuration_.head() == node; }
  bool is_tail(NodeId node) const { return has_chain() && configuration_.tail() == node; }
  bool has_chain() const { return !configuration_.chain.empty(); }
  static void reached(Ctx& ctx, ChainReach kind);

  // Down the chain and back (OSDI'04 §3); propagation.cc.
  void pass_on(Ctx& ctx, std::uint64_t after);
  void send_updates(Ctx& ctx, std::uint64_t after, std::uint64_t until);
  void send_state(Ctx& ctx, NodeId joiner);
  void acknowledge(Ctx& ctx, bool is_missing = false);
  bool take(Ctx& ctx, const chain::Update& update);
  void settle(Ctx& ctx);
  void await_durable(Ctx& ctx);
  void commit_as_tail(Ctx& ctx);
  void joiner_holds(Ctx& ctx);
  void send_again(Ctx& ctx);

  // The history, and what of it is committed; history.cc.
  std::uint64_t last() const { return base_ + history_.size(); }
  const Update& update_at(std::uint64_t index) const { return history_[index - base_ - 1]; }
  std::uint64_t epoch_at(std::uint64_t index) const;
  void append(Ctx& ctx, std::uint64_t epoch, std::string_view command);
  void append_pending(std::uint64_t index, Time since);
  void commit(Ctx& ctx, std::uint64_t index);
  void answer_committed(Ctx& ctx, std::string_view command, std::string_view result);
  void drop_pending(Ctx& ctx);
  void compact_if_due(Ctx& ctx);
  std::optional<std::string> object_of(std::string_view session_command) const;

  // Queries (OSDI'04 §3; CRAQ §2.3, §2.4); reads.cc.
  void read(Ctx& ctx, const Request& request);
  void read_here(Ctx& ctx, const Request& request, const chain::ReadOptions& options);
  bool may_serve(Ctx& ctx) const;
  void ask_for_version(Ctx& ctx, const Request& request, ReadLevel level);
  void serve(Ctx& ctx, const Asker& asker, std::string_view command, ReadLevel level,
             std::uint64_t index, ChainReach kind);
  void drop_reads(Ctx& ctx);

  // Failures and new servers (OSDI'04 §3.1); epochs.cc.
  void learn(Ctx& ctx, Configuration configuration);
  void enter_epoch(Ctx& ctx, const Configuration& before);
  void belong_since(Ctx& ctx, std::uint64_t since);
  void claim_changes(Ctx& ctx, const Configuration& before);
  void await_leases(Ctx& ctx);
  Nodes neighbours(NodeId self) const;

  // The master (OSDI'04 §3.1) and leases; leases.cc.
  void tick(Ctx& ctx);
  void ask_master(Ctx& ctx);
  chain::Wish wish(NodeId self, NodeId& about) const;
  void turn_to_next_master();
  bool has_lease(Ctx& ctx) const;
  void heard_from(Ctx& ctx, NodeId node, bool is_leased, std::uint64_t epoch);
  void watch_neighbours(Ctx& ctx);
  Nodes masters(Ctx& ctx) const;

  // The disk; persistence.cc.
  void store(Ctx& ctx, std::uint64_t index);
  void store_snapshot(Ctx& ctx, std::string state);
  void store_member(Ctx& ctx);
  void erase_updates(Ctx& ctx, std::uint64_t first, std::uint64_t last);
  void load(Ctx& ctx);
  void load_snapshot(Ctx& ctx);
  std::uint64_t load_history(Ctx& ctx);

  Options options_;

  // On disk too.
  std::deque<Update> history_;      // Those after base_, in order.
  std::uint64_t base_ = 0;          // What a snapshot covers.
  std::uint64_t base_epoch_ = 0;    // The epoch of the update there.
  std::uint64_t member_since_ = 0;  // The epoch since which the history follows its predecessor's.

  // The objects: OSDI'04's objID state and CRAQ's latest clean versions. What is pending
  // ("Sent" in the paper, and CRAQ's dirty versions) is the history after committed_.
  AnyMachine machine_;
  std::uint64_t committed_ = 0;                                 // What it has applied.
  std::map<std::string, std::deque<Time>, std::less<>> dirty_;  // Since when, for each update.

  // The chain, as this server knows it.
  Configuration configuration_;
  bool is_settled_ = false;  // It holds all that its predecessor had when the epoch began there.
  std::optional<std::uint64_t> settles_at_;  // What that is, once known.

  // Towards the successor.
  std::uint64_t successor_last_ = 0;           // What it said it has.
  std::uint64_t last_at_tick_ = 0;             // What had been sent at the last tick.
  std::optional<std::uint64_t> resent_after_;  // Since the last tick.
  bool joiner_counts_ = false;    // Who joins may be the tail already, so commits need its copy.
  bool joiner_is_ready_ = false;  // It has all that was committed without it.
  // Towards the predecessor.
  std::uint64_t told_committed_ = 0;
  std::uint64_t durable_ = 0;  // The tail's own copies, in this epoch.

  // Leases.
  std::optional<Time> lease_until_;
  std::map<std::uint64_t, Time> asked_;  // When what was asked of the master, by sequence.
  std::uint64_t last_ask_ = 0;
  std::uint64_t heard_of_epoch_ = 0;
  std::uint32_t unanswered_ticks_ = 0;
  std::size_t master_ = 0;  // Whom to ask, by place among the masters.
  FailureDetector neighbours_;
  bool had_lease_ = false;

  /// Suspected servers that may still have a lease, or not any more.
  struct Expiry {
    std::uint64_t since = 0;  // Of the server.
    bool is_over = false;
  };
  std::map<NodeId, Expiry> expiries_;

  /// A read that waits for the tail's version.
  struct PendingRead {
    Asker asker;
    std::string command;
    ReadLevel level{};
  };
  std::map<std::uint64_t, PendingRead> reads_;
  std::uint64_t last_read_ = 0;
};

}  // namespace lockstep::consensus
