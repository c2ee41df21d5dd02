// Whether a healed group comes to rest: the liveness of group communication (Chockler, Keidar and
// Vitenberg, ACM Computing Surveys 2001, section 10), which asks for nothing while the network is
// unstable.
//
// - Membership Precision: all who live are in one view, and nobody else is.
// - Multicast Liveness, Termination of Delivery: what was sent in that view is delivered by all.
//
// It reads the claims ViewInstalled, Multicast and GroupDelivered; who makes none is not judged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "transport/witness.h"

namespace lockstep::chaos {

class GroupCatchUp final : public transport::Observer {
 public:
  void see(const transport::Witness& witness) override;

  /// What is not as it should be now, as a sentence. Requires: every node is up, and clients ask
  /// for nothing more.
  std::optional<std::string> laggard() const;

 private:
  /// What one node did in the view that it is in.
  struct Member {
    std::uint64_t view = 0;  ///< 0: in none
    std::uint64_t members = 0;
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
  };

  std::map<std::pair<transport::GroupId, transport::NodeId>, Member> members_;
};

}  // namespace lockstep::chaos
