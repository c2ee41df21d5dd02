#include "chaos/group_catch_up.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::chaos {

using transport::Witness;

void GroupCatchUp::see(const Witness& witness) {
  if (witness.kind == Witness::Kind::Started) {
    for (auto& [who, member] : members_) {
      if (who.second == witness.node) member = {};
    }
  }
  if (witness.kind != Witness::Kind::Observed) return;
  const auto& claim = *witness.claim;
  if (const auto* installed = std::get_if<transport::ViewInstalled>(&claim)) {
    members_[{installed->group, witness.node}] = {installed->view, installed->members, 0, 0};
  } else if (const auto* multicast = std::get_if<transport::Multicast>(&claim)) {
    ++members_[{multicast->group, witness.node}].sent;
  } else if (const auto* delivered = std::get_if<transport::GroupDelivered>(&claim)) {
    ++members_[{delivered->group, witness.node}].delivered;
  }
}

std::optional<std::string> GroupCatchUp::laggard() const {
  struct Group {
    std::uint64_t view = 0;
    std::uint64_t living = 0;
    std::uint64_t sent = 0;
  };
  std::map<transport::GroupId, Group> groups;
  for (const auto& [who, member] : members_) {
    Group& group = groups[who.first];
    group.view = std::max(group.view, member.view);
    group.living |= 1ull << number(who.second);
    group.sent += member.sent;
  }
  for (const auto& [who, member] : members_) {
    const Group& group = groups[who.first];
    if (member.view != group.view || member.members != group.living) {
      return fmt::format("{} is not in one view with all others that live (Membership Precision)",
                         to_string(who.second));
    }
    if (member.delivered < group.sent) {
      return fmt::format("{} has delivered {} of {} messages of its view (Termination of Delivery)",
                         to_string(who.second), member.delivered, group.sent);
    }
  }
  return std::nullopt;
}

}  // namespace lockstep::chaos
