#include <algorithm>

#include "chaos/swarm_draw.h"

namespace lockstep::chaos {

bool Swarm::plot() {
  switch (dice_.below(15)) {
    case 0:
      return on(FaultKind::Crash) && crash_after_a_promise();
    case 1:
      return on(FaultKind::Crash) && crash_at_a_write();
    case 2:
      return on(FaultKind::Partition) && leader_in_a_minority();
    case 3:
      return on(FaultKind::Crash) && one_leader_after_the_other();
    case 4:
      return on(FaultKind::Loss) && nodes_ > 1 && half_a_broadcast();
    case 5:
      return on(FaultKind::Reorder) && nodes_ > 1 && late_message();
    case 6:
      return on(FaultKind::Duplicate) && nodes_ > 1 && old_message_again();
    case 7:
      return on(FaultKind::Crash) && all_at_once();
    case 8:
      return on(FaultKind::Isolate) && nodes_ > 1 && cut_off_in_the_act();
    case 9:
      return (on(FaultKind::Crash) || on(FaultKind::Isolate)) && nodes_ > 2 && left_behind();
    case 10:
      return on(FaultKind::Crash) && rolling_restart();
    case 11:
      return on(FaultKind::Isolate) && nodes_ > 2 && leaders_cut_off();
    case 12:
    case 13:
      return nodes_ > 2 && dethrone();
    default:
      return on(FaultKind::Crash) && !transfers_.empty() && transfer_broken_off();
  }
}

bool Swarm::crash_after_a_promise() {
  const std::string name = message_name();
  std::uint32_t which = nth();
  const std::uint32_t times = dice_.between(1, 4);
  for (std::uint32_t time = 0; time < times; ++time, which += dice_.between(1, 6)) {
    Fault& fault = on_message(which, name, dice_.between(1, 5));
    fault.mutable_crash()->mutable_node()->set_role(Node::SENDER);
  }
  return true;
}

bool Swarm::crash_at_a_write() {
  Fault& fault = add(0, dice_.percent(60) ? dice_.between(1, 5) : while_disturbed());
  fault.mutable_on()->set_nth(nth());
  fault.mutable_on()->mutable_write();
  fault.mutable_crash()->mutable_node()->set_role(Node::WRITER);
  point(*fault.mutable_crash());
  return true;
}

bool Swarm::leader_in_a_minority() {
  const std::uint32_t at = moment();
  Fault& fault = add(at, charged(dice_.between(350, 900)));
  Group& group = *fault.mutable_partition()->add_group();
  group.add_node()->set_role(Node::LEADER);
  const std::uint32_t minority = (nodes_ - 1) / 2;
  if (minority < 2) return true;
  for (const auto id : some_nodes(dice_.below(minority))) group.add_node()->set_id(id);
  return true;
}

bool Swarm::one_leader_after_the_other() {
  Fault* fault = &disturb_at_some_moment();
  const std::uint32_t times = dice_.between(2, 5);
  for (std::uint32_t time = 1;; ++time) {
    fault->mutable_crash()->mutable_node()->set_role(Node::LEADER);
    if (time == times) return true;
    const std::string previous = name_of_fault(plan_.fault_size());
    fault = &add(0, while_disturbed());
    fault->set_delay_ms(dice_.between(1, 300));
    fault->mutable_on()->set_after(previous);
  }
}

bool Swarm::dethrone() {
  if (on(FaultKind::Partition) && dice_.percent(50)) return leader_in_a_minority();
  if (on(FaultKind::Isolate)) return leaders_cut_off();
  return on(FaultKind::Partition) && leader_in_a_minority();
}

bool Swarm::transfer_broken_off() {
  const std::uint32_t which = dice_.between(1, 20);
  Fault& fault = on_message(which, dice_.one_of(transfers_), dice_.between(1, 60));
  fault.mutable_crash()->mutable_node()->set_role(dice_.percent(50) ? Node::SENDER
                                                                    : Node::RECEIVER);
  return true;
}

bool Swarm::leaders_cut_off() {
  const std::uint32_t at = moment();
  Fault* fault = &add(at, charged(dice_.between(300, 700)));
  const std::uint32_t times = dice_.between(1, 4);
  for (std::uint32_t time = 1;; ++time) {
    Isolate& isolate = *fault->mutable_isolate();
    isolate.mutable_node()->set_role(Node::LEADER);
    isolate.set_direction(static_cast<Isolate::Direction>(dice_.below(3)));
    if (time == times) return true;
    const std::string previous = name_of_fault(plan_.fault_size());
    fault = &add(0, charged(dice_.between(200, 700)));
    fault->set_delay_ms(dice_.between(100, 900));
    fault->mutable_on()->set_after(previous);
  }
}

bool Swarm::left_behind() {
  const std::uint32_t at = moment();
  Fault& fault = add(at, dice_.between(800, 2'500));
  const bool crashes = on(FaultKind::Crash) && (!on(FaultKind::Isolate) || dice_.percent(50));
  Node& node =
      crashes ? *fault.mutable_crash()->mutable_node() : *fault.mutable_isolate()->mutable_node();
  node.set_id(dice_.between(1, nodes_));
  return true;
}

bool Swarm::rolling_restart() {
  std::uint32_t at = moment();
  for (const auto id : some_nodes(nodes_)) {
    if (at > plan_.storm_ms()) break;
    add(at, charged(dice_.between(5, 250))).mutable_crash()->mutable_node()->set_id(id);
    at += dice_.between(20, 500);
  }
  return true;
}

bool Swarm::half_a_broadcast() {
  const std::string name = message_name();
  const std::uint32_t which = nth();
  Fault& fault = on_message(which, name, 0);
  const int position = plan_.fault_size();
  fault.mutable_deliver_only_to()->mutable_node()->set_id(dice_.between(1, nodes_));
  if (!on(FaultKind::Crash) || dice_.percent(40)) return true;
  Fault& death = add(0, while_disturbed());
  death.mutable_on()->set_after(name_of_fault(position));
  death.set_delay_ms(dice_.below(3));
  death.mutable_crash()->mutable_node()->set_role(Node::LEADER);
  return true;
}

bool Swarm::late_message() {
  Fault& fault = on_some_message(dice_.between(5, 1'500));
  fault.mutable_hold_it();
  if (!on(FaultKind::Crash) || dice_.percent(50)) return true;
  Fault& death = disturb_at_some_moment();
  fault.mutable_hold_it()->set_until(name_of_fault(plan_.fault_size()));
  death.mutable_crash()->mutable_node()->set_role(Node::LEADER);
  return true;
}

bool Swarm::old_message_again() {
  Fault& fault = on_some_message(0);
  fault.mutable_duplicate_it()->set_after_ms(dice_.between(1, 1'500));
  return true;
}

bool Swarm::all_at_once() {
  const std::uint32_t at = moment();
  const std::uint32_t least = dice_.percent(50) ? nodes_ : nodes_ / 2 + 1;
  for (const auto id : some_nodes(std::min(least, nodes_))) {
    add(at, dice_.between(1, 100)).mutable_crash()->mutable_node()->set_id(id);
  }
  return true;
}

bool Swarm::cut_off_in_the_act() {
  Fault& fault = on_some_message(while_disturbed());
  const bool sender = dice_.percent(60);
  fault.mutable_isolate()->mutable_node()->set_role(sender ? Node::SENDER : Node::RECEIVER);
  fault.mutable_isolate()->set_direction(static_cast<Isolate::Direction>(dice_.below(3)));
  return true;
}

}  // namespace lockstep::chaos
