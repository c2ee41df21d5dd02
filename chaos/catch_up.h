// Whether every replica of a healed cluster gets to where the others were: clients do not notice
// one that hangs back for ever, until the next crash makes it part of the majority that they need.
//
// Read off the common claims (transport/claim.h), so it holds for any protocol that replicates a
// log; a protocol that claims nothing is not judged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "transport/witness.h"

namespace lockstep::chaos {

class CatchUp final : public transport::Observer {
 public:
  void see(const transport::Witness& witness) override;

  /// From now on each replica has to reach what the foremost of its group has applied by now.
  void set_goals();

  /// A replica that has not reached its goal, as a sentence; nothing once all have, or before
  /// set_goals().
  std::optional<std::string> laggard() const;

 private:
  using Replica = std::pair<transport::GroupId, transport::NodeId>;

  void reached(transport::GroupId group, transport::NodeId node, std::uint64_t index);

  std::map<Replica, std::uint64_t> applied_;  // Of this life; a restart begins anew.
  std::map<transport::GroupId, std::uint64_t> goals_;
};

}  // namespace lockstep::chaos
