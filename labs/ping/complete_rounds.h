// Watches the claim of the lab ping: whoever says that a round is complete has heard an answer of
// everybody else in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "transport/witness.h"

namespace lockstep::labs {

/// A monitor (transport/witness.h).
class CompleteRounds {
 public:
  explicit CompleteRounds(std::uint32_t nodes) : nodes_(nodes) {}

  void see(const transport::Witness& witness);
  const std::optional<transport::Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  struct Round {
    std::uint64_t number = 0;  ///< the latest that the node pinged in
    std::set<transport::NodeId> answered;
  };

  void judge(const transport::Witness& witness);

  std::uint32_t nodes_;
  std::map<transport::NodeId, Round> rounds_;
  std::optional<transport::Violation> violation_;
};

}  // namespace lockstep::labs
