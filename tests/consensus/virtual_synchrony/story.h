// A group of three under its monitor, with the claims that make up a story.
#pragma once

#include <cstdint>
#include <string>

#include "consensus/virtual_synchrony/monitors.h"
#include "consensus/virtual_synchrony/virtual_synchrony.messages.h"
#include "tests/consensus/node_bench.h"
#include "tests/consensus/shown.h"

namespace lockstep::consensus::tests {

inline constexpr std::uint64_t kAll = 0b1110;

class GroupStory : public Shown<GroupMonitor, group::Message> {
 public:
  explicit GroupStory(GroupMonitor::Promise promise = {}) : Shown(GroupMonitor(promise)) {}

  /// `node` installs `view`, coming along with those in `transitional`.
  void install(NodeId node, std::uint64_t view, std::uint64_t members, std::uint64_t transitional,
               std::uint64_t incarnation = 1) {
    claimed(node, transport::ViewInstalled{{}, view, members, transitional, incarnation});
  }

  /// All three are in view 1.
  void found() {
    for (const NodeId node : {kSelf, kSecond, kThird}) install(node, 1, kAll, kAll);
  }

  void send(NodeId node, std::uint64_t number_of_message, std::uint64_t view = 1) {
    claimed(node, transport::Multicast{{}, view, number_of_message, 100 + number_of_message});
  }

  void deliver(NodeId node, NodeId sender, std::uint64_t number_of_message,
               std::uint64_t view = 1) {
    claimed(node, transport::GroupDelivered{
                      {}, view, number(sender), number_of_message, 100 + number_of_message});
  }

  void safe(NodeId node, NodeId sender, std::uint64_t number_of_message, std::uint64_t view = 1) {
    claimed(node, transport::SafeIndicated{{}, view, number(sender), number_of_message});
  }

  /// The rule that is broken; empty if all hold.
  std::string rule() const {
    return watcher.violation() ? watcher.violation()->rule : std::string();
  }
};

}  // namespace lockstep::consensus::tests
