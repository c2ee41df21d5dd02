// A run's digest after each of its events, so that two executions of one seed can be told apart at
// the very event where they part.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/simulated/cluster.h"

namespace lockstep::labs {

class EventDigests final : public transport::Observer {
 public:
  /// Watches from now on. Requires: called once; the cluster outlives what it shows.
  void watch(transport::Cluster& cluster);

  void see(const transport::Witness& witness) override;

  /// The event at which two executions part, as a sentence; nothing if they never do. What a
  /// handler did differently shows first in the event after it, so the one before is named.
  static std::optional<std::string> difference(const EventDigests& first,
                                               const EventDigests& second);

 private:
  /// What was about to happen, and the digest of everything before.
  struct Entry {
    std::uint64_t event = 0;
    std::uint64_t digest = 0;
    transport::Time at{};
    transport::NodeId node{};
    transport::Witness::Kind kind{};
    std::string_view payload;  ///< name of a message type, which lives for ever
    std::uint32_t timer = 0;
  };

  static std::string describe(const Entry& entry);

  const transport::Cluster* cluster_ = nullptr;
  std::vector<Entry> entries_;
};

}  // namespace lockstep::labs
