// Whether every replica of a healed cluster gets to where the others were: clients do not notice
// one that hangs back for ever, until the next crash makes it part of the majority that they need.
//
// Read off the common claims (transport/claim.h), so it holds for any protocol that replicates a
// log; a protocol that claims nothing is not judged. Where nodes claim configurations, the members
// of the one that the foremost node uses are judged, learners and those that joined last included;
// who was removed may hang back for ever.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

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
  struct Configuration {
    std::uint64_t term = 0;
    std::uint64_t index = 0;
    std::uint64_t members = 0;  ///< bit k stands for node k
  };
  struct Replica {
    transport::GroupId group{};
    transport::NodeId node{};
    std::uint64_t applied = 0;  ///< of this life; a restart begins anew
    /// That the node last claimed to be in force.
    std::optional<Configuration> configuration;
  };

  Replica& replica(transport::GroupId group, transport::NodeId node);
  void reached(transport::GroupId group, transport::NodeId node, std::uint64_t index);

  /// The members of the configuration that the foremost node of the group believes in; nothing if
  /// none claims any.
  std::optional<std::uint64_t> members(transport::GroupId group) const;
  std::uint64_t applied(transport::GroupId group, transport::NodeId node) const;

  std::vector<Replica> replicas_;  ///< by their first claim; few, so a search is quick
  std::map<transport::GroupId, std::uint64_t> goals_;
};

}  // namespace lockstep::chaos
