#include "chaos/injector.h"

#include <algorithm>

#include "chaos/fault_parts.h"
#include "chaos/fault_plans.h"
#include "chaos/injector_engine.h"

namespace lockstep::chaos {

using transport::CrashPoint;
using transport::Duration;
using transport::NodeId;

Injector::Injector(transport::Cluster& cluster, const FaultPlan& plan, std::uint64_t seed,
                   std::uint32_t max_failed)
    : engine_(std::make_unique<Engine>(cluster, plan, seed, max_failed)) {}
Injector::~Injector() = default;

void Injector::begin() { engine_->begin(); }
void Injector::heal() { engine_->heal(); }
void Injector::set_on_join(std::function<void(NodeId)> on_join) {
  engine_->on_join = std::move(on_join);
}
const FaultCounts& Injector::counts() const { return engine_->counts(); }
const std::vector<InjectedFault>& Injector::injected() const { return engine_->injected(); }
void Injector::on_transmission(const transport::Transmission& transmission, transport::Fate& fate) {
  engine_->transmit(transmission, fate);
}
std::vector<std::string> Injector::waiting() const { return engine_->waiting(); }
CrashPoint Injector::on_effects(NodeId node, const transport::Effects& effects) {
  return engine_->write(node, effects);
}
void Injector::see(const transport::Witness& witness) { engine_->see(witness); }

Injector::Engine::Engine(transport::Cluster& cluster, const FaultPlan& plan, std::uint64_t seed,
                         std::uint32_t max_failed)
    : cluster_(cluster),
      plan_(plan),
      seed_(seed),
      max_failed_(max_failed),
      default_network_(cluster.network()),
      default_sync_(cluster.sync()),
      links_(seed) {
  for (const auto& fault : plan.fault()) {
    Progress& added = progress_.emplace_back();
    added.fault = &fault;
    added.kind = kind_of(fault);
    if (fault.on().has_message()) added.name = names_.number_of(fault.on().message().name());
  }
  link_names();
}

void Injector::Engine::link_names() {
  const auto named = [&](const std::string& name) {
    return std::find_if(progress_.begin(), progress_.end(),
                        [&](const Progress& candidate) { return candidate.fault->name() == name; });
  };
  for (Index index = 0; index < progress_.size(); ++index) {
    const Fault& fault = *of(index).fault;
    if (const auto& after = fault.on().after(); !after.empty()) {
      if (const auto it = named(after); it != progress_.end()) it->followers.push_back(index);
    }
    if (const auto& until = fault.hold_it().until(); !until.empty()) {
      if (const auto it = named(until); it != progress_.end()) {
        it->holders.push_back(index);
        of(index).until = static_cast<Index>(it - progress_.begin());
      }
    }
  }
}

void Injector::Engine::begin() {
  present_ = cluster_.founders();
  apply_conditions();
  for (Index index = 0; index < progress_.size(); ++index) {
    const Fault& fault = *of(index).fault;
    if (!fault.has_on()) {
      schedule(Happening::Begin, index, std::chrono::milliseconds(fault.at_ms()));
    } else if (fault.on().after().empty()) {
      await(index);
    }
  }
  watch();
}

void Injector::Engine::apply_conditions() {
  const Conditions& wanted = plan_.conditions();
  transport::NetworkConditions network = default_network_;
  const auto range = [](std::uint32_t low, std::uint32_t high) {
    return transport::Between{std::chrono::microseconds(low), std::chrono::microseconds(high)};
  };
  if (wanted.delay_high_us() > 0) {
    network.delay = range(wanted.delay_low_us(), wanted.delay_high_us());
  }
  if (wanted.loss_ppm() > 0) network.loss_ppm = wanted.loss_ppm();
  if (wanted.duplicate_ppm() > 0) network.duplicate_ppm = wanted.duplicate_ppm();
  if (wanted.reorder_ppm() > 0) network.reorder_ppm = wanted.reorder_ppm();
  cluster_.set_network(network);
  if (wanted.sync_high_us() > 0) {
    cluster_.set_sync(range(wanted.sync_low_us(), wanted.sync_high_us()));
  }
}

void Injector::Engine::schedule(Happening happening, Index index, Duration delay, NodeId node) {
  transport::Event event;
  event.target = this;
  event.kind = static_cast<std::uint32_t>(happening);
  event.key = index;
  event.node = node;
  cluster_.loop().schedule(cluster_.now() + delay, std::move(event));
}

void Injector::Engine::fire(transport::Event& event) {
  switch (static_cast<Happening>(event.kind)) {
    case Happening::Begin:
      if (!healed_) start(event.key, {});
      break;
    case Happening::End:
      if (!healed_) end(event.key);
      break;
    case Happening::Restart:
      restart(event.key, event.node);
      break;
    case Happening::Ask:
      ask(event.key, event.generation);
      break;
  }
  watch();
}

void Injector::Engine::await(Index index) {
  const Trigger& trigger = of(index).fault->on();
  if (trigger.has_message()) {
    awaiting_message_.push_back(index);
  } else if (trigger.has_write()) {
    awaiting_write_.push_back(index);
  } else {
    triggered(index, {}, {});
  }
}

void Injector::Engine::triggered(Index index, const Cast& cast, const Moment& moment) {
  of(index).cast = cast;
  const Duration delay = std::chrono::milliseconds(of(index).fault->delay_ms());
  const bool amid = moment.fate != nullptr || moment.crash != nullptr;
  if (amid && delay == Duration{}) return start(index, moment);
  schedule(Happening::Begin, index, delay);
}

void Injector::Engine::start(Index index, const Moment& moment) {
  Progress& fault = of(index);
  fault.cast.leader = cast_.leader;
  if (number(cast_.leader) == 0 && needs_leader(*fault.fault)) {
    awaiting_leader_.push_back(index);
    return;
  }
  fault.begun = true;
  fault.account = injected_.size();
  injected_.push_back({cluster_.now(), fault.kind, story_of(*fault.fault, fault.cast), 0});
  begin_kind(index, moment);
  const auto lasts = std::chrono::milliseconds(of(index).fault->for_ms());
  if (lasts > Duration{} && !crashes(*of(index).fault)) {
    schedule(Happening::End, index, lasts);
  }
  tell_followers(index);
}

void Injector::Engine::tell_followers(Index index) {
  for (const Index holder : of(index).holders) release(holder);
  for (const Index follower : of(index).followers) await(follower);
  watch();
}

void Injector::Engine::end(Index index) {
  if (of(index).over) return;
  of(index).over = true;
  end_kind(index);
}

void Injector::Engine::watch() {
  watches_messages_ =
      !healed_ && (!links_.empty() || !awaiting_message_.empty() || !narrowed_.empty());
  watches_handlers_ = !healed_ && (armed_crashes_ > 0 || !awaiting_write_.empty());
}

void Injector::Engine::interfere(const transport::Transmission& transmission,
                                 transport::Fate& fate) {
  bit_.clear();
  links_.apply(transmission, cluster_.network().delay.high, fate, bit_);
  for (const Index index : bit_) bite(index);
  if (!narrowed_.empty()) narrow(transmission, fate);
  if (awaiting_message_.empty()) return;

  Cast cast{cast_.leader, transmission.from, transmission.to, {}};
  const auto name = names_.number_of(transmission.payload.name());
  // Faults that begin here may append to the list: what is armed now starts with the next message.
  std::vector<Index> due;
  std::erase_if(awaiting_message_, [&](Index index) {
    Progress& waiting = of(index);
    const MessageMatch& match = waiting.fault->on().message();
    if (!match.name().empty() && waiting.name != name) return false;
    if (!matches(match, transmission, cast)) return false;
    if (++waiting.matched < std::max<std::uint64_t>(1, waiting.fault->on().nth())) return false;
    due.push_back(index);
    return true;
  });
  for (const Index index : due) triggered(index, cast, {&transmission, &fate, {}, nullptr});
  if (!due.empty()) watch();
}

CrashPoint Injector::Engine::interrupt(NodeId node, const transport::Effects& effects) {
  CrashPoint crash;
  auto& armed = patient(node).armed;
  for (auto waiting = armed.begin(); waiting != armed.end(); ++waiting) {
    if (!is_due(*waiting, effects) || !may_fail(*waiting)) continue;
    crash = crash_point(*waiting);
    patient(node).dying = *waiting;
    patient(node).failed = true;
    armed.erase(waiting);
    --armed_crashes_;
    break;
  }
  if (!effects.writes.empty() && !awaiting_write_.empty()) {
    const Cast cast{cast_.leader, {}, {}, node};
    std::vector<Index> due;
    std::erase_if(awaiting_write_, [&](Index index) {
      Progress& waiting = of(index);
      if (!matches(waiting.fault->on().write(), node, effects, cast)) return false;
      if (++waiting.matched < std::max<std::uint64_t>(1, waiting.fault->on().nth())) return false;
      due.push_back(index);
      return true;
    });
    for (const Index index : due) triggered(index, cast, {nullptr, nullptr, node, &crash});
  }
  watch();
  return crash;
}

void Injector::Engine::see(const transport::Witness& witness) {
  using Kind = transport::Witness::Kind;
  if (witness.kind == Kind::Observed) {
    const bool leads = std::holds_alternative<transport::Leads>(*witness.claim);
    if (leads || std::holds_alternative<transport::Follows>(*witness.claim)) {
      patient(witness.node).failed &= patient(witness.node).dying != kNone;
    }
    if (leads) {
      cast_.leader = witness.node;
      for (const Index index : awaiting_leader_) schedule(Happening::Begin, index, {});
      awaiting_leader_.clear();
    } else if (cast_.leader == witness.node &&
               std::holds_alternative<transport::Follows>(*witness.claim)) {
      cast_.leader = {};
    }
  } else if (witness.kind == Kind::Replied) {
    if (!is_operator(witness.client)) return;
    if (const auto* reply = witness.message_as<transport::Reply>()) {
      answered(witness.client, *reply);
    }
  } else if (witness.kind == Kind::Crashed) {
    if (cast_.leader == witness.node) cast_.leader = {};
    crashed(witness.node);
  } else if (witness.kind == Kind::Started) {
    patient(witness.node).down = kNone;
  } else if (witness.kind == Kind::Stored && patient(witness.node).lying != kNone) {
    bite(patient(witness.node).lying);
  }
}

void Injector::Engine::bite(Index index) {
  ++injected_[of(index).account].effects;
  ++counts_[static_cast<std::size_t>(of(index).kind)];
}

std::vector<std::string> Injector::Engine::waiting() const {
  std::vector<std::string> stories;
  for (const auto& fault : progress_) {
    if (!fault.begun) stories.push_back(story_of(*fault.fault, fault.cast));
  }
  return stories;
}

void Injector::Engine::heal() {
  if (healed_) return;
  healed_ = true;
  awaiting_message_.clear();
  awaiting_write_.clear();
  awaiting_leader_.clear();
  narrowed_.clear();
  links_.clear();
  for (auto& fault : progress_) fault.asks = false;
  cluster_.set_network(default_network_);
  cluster_.set_sync(default_sync_);
  watch();
  for (auto& message : std::exchange(held_, {})) {
    cluster_.deliver(message.from, message.to, std::move(message.payload), {}, message.kind);
  }
  heal_nodes();
}

}  // namespace lockstep::chaos
