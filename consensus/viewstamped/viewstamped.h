// Viewstamped Replication: a replicated log under one primary at a time, without any disk if need
// be (Liskov and Cowling, "Viewstamped Replication Revisited", MIT-CSAIL-TR-2012-021, sections
// marked §; Oki and Liskov, PODC 1988, for the log and the views on disk).
//
// Reading order beside the paper: the state below is Figure 2. normal_case.cc is §4.1,
// view_change.cc §4.2, recovery.cc §4.3, state_transfer.cc §5.1 and §5.2 with checkpoints, reads.cc
// §6.3, reconfiguration.cc §7, persistence.cc what lies on disk, viewstamped.cc what surrounds them
// all. Messages are in viewstamped.proto; view.h and log.h are small types without messages. The
// paper's client-table is part of the replicated state (statemachine/sessions.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "consensus/asker.h"
#include "consensus/quorum.h"
#include "consensus/rounds.h"
#include "consensus/viewstamped/contents.h"
#include "consensus/viewstamped/log.h"
#include "consensus/viewstamped/reached.h"
#include "consensus/viewstamped/view.h"
#include "consensus/viewstamped/viewstamped.messages.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class Viewstamped {
 public:
  using Message = viewstamped::Message;
  using Ctx = Context<Viewstamped>;
  enum class Timer : std::uint32_t { ViewChange, Heartbeat, Retry };
  /// Transitioning: there is a later epoch, or this node is in none yet, and it fetches the state.
  /// Retired: it was replaced, and only hands its state on.
  enum class Status : std::uint8_t { Normal, ViewChange, Recovering, Transitioning, Retired };

  using ReadLevel = viewstamped::ReadOptions::Level;

  struct Options {
    /// How long a backup waits for its primary, and a view change for its end, before the next view
    /// is tried. Requires: well above the heartbeat and the time of a round trip.
    Between view_timeout{150ms, 300ms};
    /// How often a primary shows that it is there, and unanswered questions are repeated.
    Between heartbeat{50ms, 50ms};
    /// The replicated machine, with client sessions around it (statemachine/sessions.h).
    MachineFactory machine;

    /// Views and log are on disk (1988); otherwise a replica that restarts has forgotten all, and
    /// recovers from the others (§4.3).
    bool disk = false;
    /// Without a disk: STARTVIEWCHANGEs of replicas that have forgotten them are told apart
    /// (DISC 2017). The nonce alone, as the paper has it, leaves a hole; see README.md.
    bool crash_vector = true;

    /// Most operations in one PREPARE. Requires: at least 1.
    std::uint32_t max_batch = 64;
    /// A checkpoint is taken after so many operations; 0 for never.
    std::uint64_t checkpoint_every = 0;
    /// Operations before a checkpoint that stay, for replicas that are only a little behind.
    std::uint64_t checkpoint_keep = 0;

    /// How reads are answered whose request does not say.
    ReadLevel read = viewstamped::ReadOptions::LOG;
    /// The primary may answer reads from its lease (§6.3).
    bool lease = false;
    /// By how much, in per cent of the shortest view timeout, a lease ends early. With clock rates
    /// off by up to e, (1 - e) / (1 + e) of the timeout is safe. Requires: at most 100.
    std::uint32_t lease_margin = 10;
  };

  explicit Viewstamped(Options options);

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const viewstamped::Prepare& prepare);
  void on(Ctx& ctx, NodeId from, const viewstamped::PrepareOk& ok);
  void on(Ctx& ctx, NodeId from, const viewstamped::Commit& commit);
  void on(Ctx& ctx, NodeId from, const viewstamped::StartViewChange& vote);
  void on(Ctx& ctx, NodeId from, const viewstamped::DoViewChange& message);
  void on(Ctx& ctx, NodeId from, const viewstamped::StartView& message);
  void on(Ctx& ctx, NodeId from, const viewstamped::Recovery& question);
  void on(Ctx& ctx, NodeId from, const viewstamped::RecoveryResponse& response);
  void on(Ctx& ctx, NodeId from, const viewstamped::GetState& question);
  void on(Ctx& ctx, NodeId from, const viewstamped::NewState& answer);
  void on(Ctx& ctx, NodeId from, const viewstamped::GetCheckpoint& question);
  void on(Ctx& ctx, NodeId from, const viewstamped::Checkpoint& checkpoint);
  void on(Ctx& ctx, NodeId from, const viewstamped::StartEpoch& message);
  void on(Ctx& ctx, NodeId from, const viewstamped::EpochStarted& message);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  void describe(Fields& fields) const;

 private:
  using View = viewstamped::View;
  using Incarnations = google::protobuf::RepeatedPtrField<viewstamped::Incarnation>;

  // Who is who; viewstamped.cc.
  std::size_t quorum() const { return majority_of(members_.size()); }
  NodeId primary_of(View view) const { return members_[view.number % members_.size()]; }
  bool is_primary(Ctx& ctx) const;
  bool takes_part() const { return status_ == Status::Normal || status_ == Status::ViewChange; }
  void execute(Ctx& ctx, const Request& request);
  void on_retry(Ctx& ctx);
  void wait_for_primary(Ctx& ctx);
  static void reached(Ctx& ctx, ViewstampedReach kind);

  // The normal case (§4.1); normal_case.cc.
  void propose(Ctx& ctx, const viewstamped::Entry& entry);
  Ctx::Prepared prepare_from(std::uint64_t first) const;
  void send_heartbeats(Ctx& ctx);
  void acknowledge(Ctx& ctx, NodeId primary, std::uint64_t round);
  bool hears_primary(Ctx& ctx, NodeId from, View view);
  void advance_commit(Ctx& ctx);
  void commit(Ctx& ctx, std::uint64_t op);
  void apply(Ctx& ctx, std::uint64_t op);

  // View changes (§4.2); view_change.cc.
  void start_view_change(Ctx& ctx, View view);
  void leave_view(Ctx& ctx, View view);
  void send_start_view_change(Ctx& ctx);
  void send_do_view_change(Ctx& ctx);
  void send_start_view(Ctx& ctx, NodeId backup);
  void start_view_if_possible(Ctx& ctx);
  void lead(Ctx& ctx);
  void follow(Ctx& ctx);
  void begin_normal(Ctx& ctx);

  // Recovery (§4.3); recovery.cc.
  void recover(Ctx& ctx);
  void send_recovery(Ctx& ctx);
  void recover_if_possible(Ctx& ctx);
  bool counts_lives() const;
  void write_incarnations(Incarnations& list) const;
  void learn_incarnations(const Incarnations& list);
  bool is_outdated(NodeId sender, const Incarnations& list) const;

  // State transfer and checkpoints (§5.1, §5.2); state_transfer.cc.
  void write_log(std::uint64_t after, viewstamped::Log& log) const;
  bool adopt(Ctx& ctx, NodeId from, const viewstamped::Log& log);
  void missed_view(Ctx& ctx, NodeId from, View view);
  void ask_for_state(Ctx& ctx, NodeId from);
  void checkpoint_if_due(Ctx& ctx);
  void take_checkpoint(Ctx& ctx);
  void extend(Ctx& ctx, const viewstamped::Log& log);
  bool install(Ctx& ctx, const viewstamped::Checkpoint& checkpoint);
  void send_checkpoint(Ctx& ctx, NodeId to);

  // Reads that pass the log by (§6.3); reads.cc.
  void read(Ctx& ctx, const Request& request);
  std::optional<ReadLevel> level_of(const Request& request) const;
  void begin_round(Ctx& ctx);
  void confirm_rounds();
  bool has_lease(Ctx& ctx) const;
  void grant_lease(Ctx& ctx);
  bool grants_lease(Ctx& ctx, NodeId candidate) const;

  // Reconfiguration (§7); reconfiguration.cc.
  void administer(Ctx& ctx, const Request& request);
  bool is_reconfiguring() const;
  void begin_epoch(Ctx& ctx, Nodes members);
  void enter_epoch(Ctx& ctx, View view, std::uint64_t start, Nodes members);
  void transition(Ctx& ctx);
  void ask_for_epoch(Ctx& ctx, NodeId from);
  void tell_epoch(Ctx& ctx, NodeId to, std::uint64_t after);
  bool is_of_this_epoch(Ctx& ctx, NodeId from, std::uint64_t epoch);
  void send_start_epoch(Ctx& ctx, NodeId to);
  void retire_or_remind(Ctx& ctx);
  void tell_configuration(Ctx& ctx) const;

  // The disk; persistence.cc.
  void store_views(Ctx& ctx);
  void append(Ctx& ctx, const viewstamped::Entry& entry);
  void truncate(Ctx& ctx, std::uint64_t op);
  void compact(Ctx& ctx, std::uint64_t op);
  void store_checkpoint(Ctx& ctx);
  void load(Ctx& ctx);
  void load_checkpoint(Ctx& ctx);

  Options options_;

  // Figure 2. With a disk, views, log and checkpoint are on it too.
  Nodes members_;  // The configuration.
  View view_;
  View last_normal_;  // The latest view in which the status was normal.
  Status status_ = Status::Normal;
  viewstamped::OperationLog log_;
  std::uint64_t commit_ = 0;  // All that is committed is executed.
  AnyMachine machine_;

  /// Invariant: log_.base() <= checkpoint_.op <= commit_.
  struct KeptCheckpoint {
    View view;
    std::uint64_t op = 0;
    transport::Bytes state;
  };
  KeptCheckpoint checkpoint_;

  // A primary's.
  bool begun_for_good_ = false;               // That it leads this view is on its disk.
  std::map<NodeId, std::uint64_t> prepared_;  // Up to where each replica has the log of this view.

  // During a view change.
  std::map<NodeId, std::uint64_t> left_;  // Who left its view for view_, in which incarnation.
  std::map<NodeId, viewstamped::DoViewChange> offered_;
  bool has_done_view_change_ = false;

  // Leases: a primary's rounds, who answered which, and where the view's log began; and when a
  // backup last heard its primary, by the local clock.
  Rounds rounds_;
  std::map<NodeId, std::uint64_t> answered_;
  std::uint64_t view_start_ = 0;
  std::optional<Time> heard_;

  // Reconfiguration.
  std::optional<Asker> operator_;  // Who asked for the one that is under way.
  std::uint64_t epoch_start_ = 0;  // With which operation the epoch before ended.
  Votes epoch_started_;            // For a replica that was replaced.

  // During a state transfer.
  std::optional<NodeId> source_;

  // Lives (§4.3).
  std::uint64_t incarnation_ = 0;  // Of this life; also its nonce.
  std::map<NodeId, std::uint64_t> incarnations_;
  std::map<NodeId, viewstamped::RecoveryResponse> responses_;
  View recovers_from_;  // Somebody was in this view, so the latest is no earlier.
};

}  // namespace lockstep::consensus
