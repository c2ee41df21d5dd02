// What must always hold of a group under Viewstamped Replication (rules are listed in README.md).
//
// The monitor watches messages and claims. A claim is never evidence for the node that makes it:
// who left a view, offered a log or acknowledged operations is counted by the messages that
// arrived, and a replica that asked for its state has it again when the answers have arrived. Each
// event costs time in proportion to the message at most; memory is that of the operations that it
// remembers.
//
// monitors.cc is about views and recovery, monitored_log.cc about operations.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/quorum.h"
#include "consensus/replicated_log_monitor.h"
#include "consensus/viewstamped/view.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

namespace viewstamped {
class Checkpoint;
class DoViewChange;
class Log;
class Message;
class Prepare;
class RecoveryResponse;
class StartEpoch;
}  // namespace viewstamped

class ViewstampedMonitor {
 public:
  /// Watches a group with these founders, in ascending order, and whoever starts later.
  explicit ViewstampedMonitor(Nodes founders);

  /// Takes note of one event. After the first violation it notes nothing more.
  void see(const Witness& witness);

  const std::optional<Violation>& violation() const {
    return violation_ ? violation_ : replicas_.violation();
  }

  /// Digest of everything remembered.
  std::uint64_t digest() const;

 private:
  using View = viewstamped::View;

  /// A log that was offered for a view, by its end.
  struct Offer {
    std::uint64_t last_normal = 0;
    std::uint64_t last = 0;
    View last_view;  // The view of its last operation; all 0 if that is in a checkpoint.
  };

  /// An answer to RECOVERY.
  struct Answer {
    View view;
    bool has_log = false;
  };

  /// What is known of one node.
  struct Watched {
    NodeId id{};
    View spoke;                      // The latest view that it spoke in,
    View acknowledged_in;            // the latest in which it acknowledged operations,
    std::uint64_t acknowledged = 0;  // and up to which.
    View held_in;                    // The view whose log has arrived,
    std::uint64_t held = 0;          // and up to which operation without a gap.
    std::uint64_t executed = 0;
    std::optional<View> leads;
    View heard_leaving;  // The latest view for which STARTVIEWCHANGEs arrived, and from whom.
    Votes left;
    View offered_in;  // The latest view for which DOVIEWCHANGEs arrived, and what they offered.
    std::map<NodeId, Offer> offers;
    View begun;  // The latest view that it began, and the logs that it chose from.
    std::map<NodeId, Offer> chosen_from;
    View prepared_in;  // The latest view in which PREPAREOKs arrived, and up to where.
    std::map<NodeId, std::uint64_t> prepared;
    bool has_disk = false;
    bool is_recovering = false;
    std::uint64_t nonce = 0;
    std::map<NodeId, Answer> answers;
  };

  /// What is known of one operation.
  struct Place {
    std::map<View, std::uint64_t> digests;  // Of what was given this number, by view.
    std::optional<View> committed;          // The view of the one that was committed.
  };

  void started(Watched& node);
  void sent(Watched& node, NodeId to, const viewstamped::Message& message);
  void delivered(Watched& node, NodeId from, const viewstamped::Message& message);

  // Views and recovery.
  void speaks(Watched& node, View view);
  void does_view_change(Watched& node, const viewstamped::DoViewChange& message);
  void acts_as_primary(Watched& node, View view);
  void takes_best(const Watched& node, View view, const viewstamped::Log& log);
  void has_offer(Watched& node, NodeId from, const viewstamped::DoViewChange& message);
  bool has_recovered(const Watched& node) const;
  void must_have_recovered(Watched& node, std::string_view deed);

  // Operations.
  void acknowledges(Watched& node, View view, std::uint64_t op);
  void holds(Watched& node, View view, const viewstamped::Log& log);
  void holds(Watched& node, const viewstamped::Prepare& prepare);
  void proposes(const Watched& node, const viewstamped::Prepare& prepare);
  void keeps_committed(const Watched& node, View view, const viewstamped::Log& log);
  void commits(Watched& node, std::uint64_t op, View view);

  template <class Claim>
  void claims(Watched&, const Claim&) {}
  void claims(Watched& node, const transport::Leads& claim);
  void claims(Watched& node, const transport::Follows& claim);
  void claims(Watched& node, const transport::Committed& claim);
  void claims(Watched& node, const transport::Applied& claim);
  void claims(Watched& node, const transport::Installed& claim);
  void claims(Watched& node, const transport::Compacted& claim);

  void notes_reconfigurations(std::uint64_t first, const viewstamped::Prepare& prepare);
  void begins_epoch(const Watched& node, const viewstamped::StartEpoch& message);
  const Nodes& members_of(View view) const;
  std::size_t quorum_of(View view) const { return majority_of(members_of(view).size()); }
  NodeId primary_of(View view) const;
  Place* place(std::uint64_t op);
  void broken(std::string_view rule, std::string_view source, std::string story);

  std::map<std::uint64_t, Nodes> members_;                            // By epoch.
  std::map<std::pair<std::uint64_t, View>, Nodes> reconfigurations_;  // Proposed, by viewstamp.
  std::map<NodeId, Watched> nodes_;
  std::map<View, NodeId> primaries_;  // Of views that have begun.
  std::uint64_t first_ = 1;           // The operation of the first place that is remembered.
  std::deque<Place> places_;
  std::uint64_t committed_ = 0;  // By a primary, for the first time.
  ReplicatedLogMonitor replicas_{{"view", "§8"}};
  std::optional<Violation> violation_;
  Time now_{};
  std::uint64_t event_ = 0;
};

}  // namespace lockstep::consensus
