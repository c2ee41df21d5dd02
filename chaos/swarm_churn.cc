#include <algorithm>

#include "chaos/swarm_draw.h"

namespace lockstep::chaos {

void Swarm::churn() {
  constexpr std::uint64_t kEntity = 1'000;  // above the numbers of acts
  for (std::uint32_t id = 1; id <= nodes_; ++id) members_.push_back(id);
  highest_ = nodes_;
  const std::uint32_t changes = Dice(seed_, kEntity).between(2, 5);
  for (std::uint32_t number = 1; number <= changes; ++number) {
    dice_ = Dice(seed_, kEntity + number);
    switch (dice_.below(8)) {
      case 0:
      case 1:
        if (can_grow()) grow();
        break;
      case 2:
        if (can_grow()) learn_then_vote();
        break;
      case 3:
      case 4:
        if (can_grow()) replace();
        break;
      case 5:
        if (can_shrink()) shrink(change(moment()));
        break;
      case 6:
        transfer();
        break;
      default:
        change(moment()).mutable_reconfigure()->mutable_snapshot();
    }
  }
}

Fault& Swarm::change(std::uint32_t at) { return add(at, 0); }

Fault& Swarm::soon_after(const Fault& earlier, std::uint32_t wait_ms) {
  return change(std::min(earlier.at_ms() + wait_ms, plan_.storm_ms()));
}

std::uint32_t Swarm::newcomer() {
  members_.push_back(++highest_);
  return highest_;
}

void Swarm::grow() { change(moment()).mutable_reconfigure()->mutable_add()->set_id(newcomer()); }

void Swarm::learn_then_vote() {
  const std::uint32_t id = ++highest_;
  Fault& learner = change(moment());
  learner.mutable_reconfigure()->mutable_learner()->set_id(id);
  if (dice_.percent(25)) return;
  members_.push_back(id);
  Fault& voter = soon_after(learner, dice_.between(50, 1'500));
  voter.mutable_reconfigure()->mutable_add()->set_id(id);
}

/// Half of the time the second change begins while the first is probably under way.
void Swarm::replace() {
  Fault& added = change(moment());
  added.mutable_reconfigure()->mutable_add()->set_id(newcomer());
  const bool overlaps = dice_.percent(50);
  shrink(soon_after(added, overlaps ? dice_.below(30) : dice_.between(30, 2'000)));
}

void Swarm::shrink(Fault& fault) {
  Node& leaves = *fault.mutable_reconfigure()->mutable_remove();
  const std::uint32_t at = dice_.below(static_cast<std::uint32_t>(members_.size()));
  // Whoever it is, there is one member less; the count is what keeps enough of them.
  if (dice_.percent(40)) {
    leaves.set_role(Node::LEADER);
  } else {
    leaves.set_id(members_[at]);
  }
  members_.erase(members_.begin() + at);
}

void Swarm::transfer() {
  const std::uint32_t times = dice_.between(1, 3);
  for (std::uint32_t time = 0; time < times; ++time) {
    const std::uint32_t at = moment();
    change(at).mutable_reconfigure()->mutable_transfer()->set_id(dice_.one_of(members_));
  }
}

}  // namespace lockstep::chaos
