// What must always hold of a group and its multicast, by the names of Chockler, Keidar and
// Vitenberg (ACM Computing Surveys 33(4), 2001). docs/virtual-synchrony.md has a paragraph and the
// smallest violation for each.
//
// It reads claims only (ViewInstalled, Multicast, GroupDelivered, SafeIndicated), so it watches any
// protocol that makes them. A claim is held against the claims of others and against earlier ones
// of the same node.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/vocabulary.h"

namespace lockstep::consensus {

/// - "Self Inclusion", "Local Monotonicity", "Initial View Event", "Views Are Unique" (an
///   identifier names one membership), "Processes Are Unique" (who comes back is another one).
/// - "Primary Component Membership" if views are those of a primary component.
/// - "Delivery Integrity", "No Duplication", "Sending View Delivery" or "Same View Delivery",
///   "Self Delivery".
/// - "Virtual Synchrony", "Transitional Set", "Agreement on Successors".
/// - "Safe Indication Prefix".
/// - "FIFO Delivery", "Causal Delivery", their reliable forms, "Weak Total Order", "Reliable Total
///   Order".
class GroupMonitor {
 public:
  enum class Order : std::uint8_t {
    Fifo,
    Causal,
    WeakTotal,    ///< the same order for those who move on together
    StrongTotal,  ///< for everybody, and nothing is left out
  };

  /// What is promised; the rest is not asked for.
  struct Promise {
    Order order = Order::Fifo;
    /// Whatever comes before a message in its order is delivered before it, or the message is not.
    bool is_reliable = true;
    /// Messages are delivered in the view in which they were sent; otherwise all in the same one.
    bool in_sending_view = true;
    /// One sequence of views; otherwise each component has its own.
    bool has_primary = true;
  };

  explicit GroupMonitor(Promise promise, transport::GroupId group = {})
      : promise_(promise), group_(group) {}

  /// Takes note of one event. After the first violation it notes nothing more.
  void see(const Witness& witness);
  const std::optional<Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  using ViewId = std::uint64_t;
  using MessageId = std::pair<std::uint64_t, std::uint64_t>;  // Sender, number.

  /// What one process did in one view.
  struct Stay {
    std::uint64_t incarnation = 0;
    std::uint64_t transitional = 0;
    ViewId previous = 0;  // 0: the process comes from nowhere.
    ViewId next = 0;      // 0: it is still there, or it ended there.
    std::uint64_t sent = 0;
    std::set<MessageId> delivered;
    std::map<std::uint64_t, std::uint64_t> last;   // The highest number delivered, by sender.
    std::map<std::uint64_t, std::uint64_t> known;  // What something delivered depends on.
    std::uint64_t set_digest = 0;
    std::uint64_t order_digest = 0;
  };

  struct Sent {
    std::uint64_t digest = 0;
    std::map<std::uint64_t, std::uint64_t> past;  // By sender: what it had delivered.
    bool is_safe = false;
    ViewId delivered_in = 0;
  };

  struct View {
    std::uint64_t members = 0;
    std::map<NodeId, Stay> stays;
    std::map<MessageId, Sent> messages;
    std::vector<MessageId> order;  // As whoever is foremost delivered them.
    ViewId successor = 0;          // Of the first who left it for another.
  };

  /// A node as the process that it is now.
  struct Process {
    std::uint64_t incarnation = 0;  // The highest so far.
    bool has_ended = true;
    ViewId view = 0;
  };

  void claims(NodeId node, const transport::ViewInstalled& claim);
  void claims(NodeId node, const transport::Multicast& claim);
  void claims(NodeId node, const transport::GroupDelivered& claim);
  void claims(NodeId node, const transport::SafeIndicated& claim);
  template <class Other>
  void claims(NodeId, const Other&) {}

  // Views; monitored_views.cc.
  void identify(NodeId node, Process& process, const transport::ViewInstalled& claim);
  void leave(NodeId node, ViewId from, const transport::ViewInstalled& claim);
  void compare_departures(NodeId node, View& old, const Stay& stay, ViewId next);
  void agree_on_successor(NodeId node, const View& old, const transport::ViewInstalled& claim);
  void compare_transitional(NodeId node, const View& view, const Stay& stay);
  void follow_primary(NodeId node, ViewId from, const transport::ViewInstalled& claim);
  void forget();

  // Deliveries; monitored_deliveries.cc.
  Stay* present(NodeId node, std::string_view deed);
  bool is_in_order(NodeId node, const Stay& stay, const Sent& sent, MessageId message);
  bool is_in_total_order(NodeId node, View& view, const Stay& stay, MessageId message);
  void note(Stay& stay, const Sent& sent, MessageId message);

  void broken(std::string_view rule, std::string_view source, std::string story);

  Promise promise_;
  transport::GroupId group_;
  std::map<NodeId, Process> processes_;
  std::map<ViewId, View> views_;
  ViewId latest_ = 0;
  std::optional<Violation> violation_;
  Time now_{};
  std::uint64_t event_ = 0;
};

}  // namespace lockstep::consensus
