// Draws fault plans: which kinds are on at all, then a mix of faults at random times and of small
// plots that wait for an event. Random times alone find about half of the bugs that matter: a vote
// that was given but not stored shows only if the voter dies within a millisecond of giving it.
#include <algorithm>

#include "chaos/swarm_draw.h"

namespace lockstep::chaos {
namespace {

constexpr std::uint32_t kDriftMax = 20'000;  // ppm

/// In percent of the plans. Most of what can go wrong takes a crash or a leader that is cut off.
std::uint32_t share_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::Crash:
      return 80;
    case FaultKind::Partition:
    case FaultKind::Isolate:
      return 65;
    default:
      return 50;
  }
}

}  // namespace

FaultPlan Swarm::plan() {
  plan_.set_storm_ms(dice_.between(5'000, 10'000));
  calm_ms_ = plan_.storm_ms() / 2;
  conditions();
  const std::uint32_t acts = kinds_.empty() ? 0 : dice_.between(5, 20);
  if (dice_.percent(75)) dethrone();
  for (std::uint32_t act = 1; act <= acts; ++act) {
    dice_ = Dice(seed_, act);
    if (dice_.percent(55) && plot()) continue;
    single(dice_.one_of(kinds_));
  }
  if (on(FaultKind::Membership)) churn();
  return plan_;
}

bool Swarm::answers(const std::string& name) {
  return name.ends_with("Reply") || name.ends_with("Response") || name.ends_with("Promise") ||
         name.ends_with("Accepted") || name.ends_with("Ack") || name.ends_with("Ok");
}

void Swarm::choose_kinds(const FaultModel& model) {
  std::vector<FaultKind> possible;
  for (std::size_t number = 0; number < kFaultKinds; ++number) {
    const auto kind = static_cast<FaultKind>(number);
    const bool is_act = kind != FaultKind::Membership;
    if (is_act && model.survives(kind) && nodes_ >= nodes_needed(kind)) possible.push_back(kind);
  }
  for (const auto kind : possible) {
    if (dice_.percent(share_of(kind))) kinds_.push_back(kind);
  }
  if (kinds_.empty() && !possible.empty()) kinds_.push_back(dice_.one_of(possible));
  for (const auto kind : kinds_) on_.allow(kind);
  if (model.survives(FaultKind::Membership) && dice_.percent(75)) on_.allow(FaultKind::Membership);
  max_drift_ppm_ = std::clamp<std::uint32_t>(model.max_drift_ppm(), 1, kDriftMax);
}

std::uint32_t Swarm::nodes_needed(FaultKind kind) {
  switch (kind) {
    case FaultKind::Bridge:
      return 3;
    case FaultKind::Partition:
    case FaultKind::Isolate:
    case FaultKind::OneWay:
    case FaultKind::SlowLink:
    case FaultKind::DelaySpike:
    case FaultKind::Loss:
    case FaultKind::Duplicate:
    case FaultKind::Reorder:
      return 2;
    default:
      return 1;
  }
}

void Swarm::conditions() {
  Conditions& all = *plan_.mutable_conditions();
  if (on(FaultKind::DelaySpike) && dice_.percent(50)) {
    all.set_delay_low_us(dice_.between(100, 2'000));
    all.set_delay_high_us(all.delay_low_us() + dice_.between(100, 20'000));
  }
  if (on(FaultKind::Loss) && dice_.percent(60)) all.set_loss_ppm(dice_.between(500, 50'000));
  if (on(FaultKind::Duplicate) && dice_.percent(60)) {
    all.set_duplicate_ppm(dice_.between(500, 50'000));
  }
  if (on(FaultKind::Reorder) && dice_.percent(60)) {
    all.set_reorder_ppm(dice_.between(1'000, 100'000));
  }
  if (dice_.percent(30)) {
    all.set_sync_low_us(dice_.between(100, 1'000));
    all.set_sync_high_us(all.sync_low_us() + dice_.between(100, 10'000));
  }
}

std::uint32_t Swarm::while_disturbed() {
  const std::uint32_t lasts = dice_.percent(40)   ? dice_.between(100, 800)
                              : dice_.percent(50) ? dice_.between(1, 5)
                                                  : dice_.between(5, 100);
  return charged(lasts);
}

std::uint32_t Swarm::charged(std::uint32_t lasts) {
  if (lasts > calm_ms_) lasts = std::min<std::uint32_t>(lasts, 20);
  calm_ms_ -= std::min(calm_ms_, lasts);
  return lasts;
}

Fault& Swarm::add(std::uint32_t at, std::uint32_t lasts) {
  Fault& fault = *plan_.add_fault();
  fault.set_at_ms(at);
  fault.set_for_ms(lasts);
  return fault;
}

Fault& Swarm::on_message(std::uint32_t which, const std::string& name, std::uint32_t lasts) {
  Fault& fault = add(0, lasts);
  fault.mutable_on()->set_nth(which);
  fault.mutable_on()->mutable_message()->set_name(name);
  return fault;
}

// No two draws are arguments of one call: which of them comes first would depend on the compiler.
Fault& Swarm::disturb_at_some_moment() {
  const std::uint32_t at = moment();
  return add(at, while_disturbed());
}

Fault& Swarm::on_some_message(std::uint32_t lasts) {
  const std::uint32_t which = nth();
  return on_message(which, message_name(), lasts);
}

std::string Swarm::message_name() {
  if (!answers_.empty() && dice_.percent(60)) return dice_.one_of(answers_);
  return names_.empty() ? std::string() : dice_.one_of(names_);
}

std::string Swarm::name_of_fault(int position) {
  const std::string name = "f" + std::to_string(position);
  plan_.mutable_fault(position - 1)->set_name(name);
  return name;
}

void Swarm::any_node(Node& node) {
  if (dice_.percent(30)) return node.set_role(Node::LEADER);
  node.set_id(dice_.between(1, nodes_));
}

void Swarm::any_link(Node& from, Node& to) {
  from.set_id(dice_.between(1, nodes_));
  to.set_id(1 + (from.id() + dice_.below(nodes_ - 1)) % nodes_);
}

std::vector<std::uint32_t> Swarm::some_nodes(std::uint32_t count) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t id = 1; id <= nodes_; ++id) all.push_back(id);
  for (std::uint32_t at = 0; at < count; ++at) {
    std::swap(all[at], all[at + dice_.below(nodes_ - at)]);
  }
  all.resize(count);
  return all;
}

void Swarm::single(FaultKind kind) {
  Fault& fault = add(0, while_disturbed());
  if (dice_.percent(30)) {
    fault.mutable_on()->set_nth(nth());
    fault.mutable_on()->mutable_message()->set_name(message_name());
    fault.set_delay_ms(dice_.percent(50) ? 0 : dice_.between(1, 20));
  } else {
    fault.set_at_ms(moment());
  }
  fill(fault, kind);
}

void Swarm::fill(Fault& fault, FaultKind kind) {
  switch (kind) {
    case FaultKind::Partition:
      return partition(*fault.mutable_partition());
    case FaultKind::Isolate:
      any_node(*fault.mutable_isolate()->mutable_node());
      return fault.mutable_isolate()->set_direction(
          static_cast<Isolate::Direction>(dice_.below(3)));
    case FaultKind::OneWay:
      return any_link(*fault.mutable_one_way()->mutable_from(),
                      *fault.mutable_one_way()->mutable_to());
    case FaultKind::Bridge: {
      const auto chosen = some_nodes(1 + nodes_ / 2);
      fault.mutable_bridge()->mutable_bridge()->set_id(chosen[0]);
      for (std::size_t at = 1; at < chosen.size(); ++at) {
        fault.mutable_bridge()->add_left()->set_id(chosen[at]);
      }
      return;
    }
    case FaultKind::Crash:
      return crash(*fault.mutable_crash());
    case FaultKind::Wipe:
      return any_node(*fault.mutable_wipe()->mutable_node());
    case FaultKind::Pause:
      return any_node(*fault.mutable_pause()->mutable_node());
    case FaultKind::SlowLink:
      any_link(*fault.mutable_slow_link()->mutable_from(),
               *fault.mutable_slow_link()->mutable_to());
      return fault.mutable_slow_link()->set_extra_ms(dice_.between(5, 300));
    case FaultKind::DelaySpike:
      return fault.mutable_delay_spike()->set_extra_ms(dice_.between(5, 200));
    case FaultKind::Loss:
      return fault.mutable_loss()->set_ppm(dice_.between(10'000, 400'000));
    case FaultKind::Duplicate:
      return fault.mutable_duplicate()->set_ppm(dice_.between(10'000, 400'000));
    case FaultKind::Reorder:
      return fault.mutable_reorder()->set_ppm(dice_.between(10'000, 400'000));
    case FaultKind::ClockStep: {
      any_node(*fault.mutable_clock_step()->mutable_node());
      const auto by = static_cast<std::int32_t>(dice_.between(1, 60'000));
      return fault.mutable_clock_step()->set_by_ms(dice_.percent(50) ? by : -by);
    }
    case FaultKind::ClockDrift: {
      any_node(*fault.mutable_clock_drift()->mutable_node());
      const auto least = std::min<std::uint32_t>(10, max_drift_ppm_);
      const auto ppm = static_cast<std::int32_t>(dice_.between(least, max_drift_ppm_));
      return fault.mutable_clock_drift()->set_ppm(dice_.percent(50) ? ppm : -ppm);
    }
    case FaultKind::TornWrite:
      return any_node(*fault.mutable_torn_write()->mutable_node());
    case FaultKind::LostFsync:
      return any_node(*fault.mutable_lost_fsync()->mutable_node());
    case FaultKind::BitRot:
      return any_node(*fault.mutable_bit_rot()->mutable_node());
    case FaultKind::Membership:
      return;  // changes of the group depend on each other: see churn()
  }
}

void Swarm::partition(Partition& partition) {
  const std::uint32_t groups = nodes_ > 3 && dice_.percent(25) ? 2 : 1;
  const auto chosen = some_nodes(dice_.between(groups, nodes_ - 1));
  for (std::uint32_t group = 0; group < groups; ++group) partition.add_group();
  for (std::uint32_t at = 0; at < chosen.size(); ++at) {
    partition.mutable_group(static_cast<int>(at % groups))->add_node()->set_id(chosen[at]);
  }
}

void Swarm::crash(Crash& crash) {
  any_node(*crash.mutable_node());
  point(crash);
}

void Swarm::point(Crash& crash) {
  crash.set_point(static_cast<Crash::Point>(dice_.below(4)));
  if (crash.point() == Crash::AFTER_SEND) {
    crash.set_sends(dice_.between(nodes_ > 2 ? 1 : 0, std::max<std::uint32_t>(1, nodes_ - 2)));
  }
}

FaultPlan swarm_plan(std::uint64_t seed, const FaultModel& model, std::uint32_t nodes,
                     const std::vector<std::string>& message_names) {
  return Swarm(seed, model, nodes, message_names).plan();
}

}  // namespace lockstep::chaos
