#include "chaos/trace_claims.h"

namespace lockstep::chaos {

using transport::number;

const ClaimShapes& claim_shapes() {
  static const ClaimShapes shapes = {{
      {"Leads", {"group", "term"}},
      {"Follows", {"group", "term"}},
      {"Committed", {"group", "index", "term"}},
      {"Applied", {"group", "index", "command_digest", "result_digest"}},
      {"Appended", {"group", "index", "term", "entry_digest"}},
      {"Truncated", {"group", "index"}},
      {"Installed", {"group", "index", "term", "state_digest"}},
      {"Compacted", {"group", "index", "term", "state_digest"}},
      {"Reached", {"group", "kind"}},
      {"Configured", {"group", "index", "term", "voters", "outgoing", "learners"}},
      {"Served", {"group", "client", "sequence", "index", "level"}},
      {"ViewInstalled", {"group", "view", "members", "transitional", "incarnation"}},
      {"Multicast", {"group", "view", "number", "digest"}},
      {"GroupDelivered", {"group", "view", "sender", "number", "digest"}},
      {"SafeIndicated", {"group", "view", "sender", "number"}},
  }};
  return shapes;
}

std::vector<std::uint64_t> claim_values(const transport::Claim& claim) {
  struct Values {
    using List = std::vector<std::uint64_t>;
    List operator()(const transport::Leads& c) const { return {number(c.group), c.term}; }
    List operator()(const transport::Follows& c) const { return {number(c.group), c.term}; }
    List operator()(const transport::Committed& c) const {
      return {number(c.group), c.index, c.term};
    }
    List operator()(const transport::Applied& c) const {
      return {number(c.group), c.index, c.command_digest, c.result_digest};
    }
    List operator()(const transport::Appended& c) const {
      return {number(c.group), c.index, c.term, c.entry_digest};
    }
    List operator()(const transport::Truncated& c) const { return {number(c.group), c.index}; }
    List operator()(const transport::Installed& c) const {
      return {number(c.group), c.index, c.term, c.state_digest};
    }
    List operator()(const transport::Compacted& c) const {
      return {number(c.group), c.index, c.term, c.state_digest};
    }
    List operator()(const transport::Reached& c) const { return {number(c.group), c.kind}; }
    List operator()(const transport::Configured& c) const {
      return {number(c.group), c.index, c.term, c.voters, c.outgoing, c.learners};
    }
    List operator()(const transport::Served& c) const {
      return {number(c.group), c.client, c.sequence, c.index, c.level};
    }
    List operator()(const transport::ViewInstalled& c) const {
      return {number(c.group), c.view, c.members, c.transitional, c.incarnation};
    }
    List operator()(const transport::Multicast& c) const {
      return {number(c.group), c.view, c.number, c.digest};
    }
    List operator()(const transport::GroupDelivered& c) const {
      return {number(c.group), c.view, c.sender, c.number, c.digest};
    }
    List operator()(const transport::SafeIndicated& c) const {
      return {number(c.group), c.view, c.sender, c.number};
    }
  };
  return std::visit(Values{}, claim);
}

}  // namespace lockstep::chaos
