#include "transport/simulated/cluster.h"

#include <algorithm>
#include <iterator>

#include "transport/check.h"

namespace lockstep::transport {

using statemachine::fold;

Cluster::Cluster(EventLoop& loop, ClusterOptions options)
    : loop_(loop), options_(std::move(options)) {}

Cluster::~Cluster() = default;

bool Cluster::exists(NodeId node) const {
  return number(node) < sites_.size() && sites_[number(node)] != nullptr;
}

Cluster::Site& Cluster::site(NodeId node) {
  LOCKSTEP_CHECK(exists(node));
  return *sites_[number(node)];
}

const Cluster::Site& Cluster::site(NodeId node) const {
  LOCKSTEP_CHECK(exists(node));
  return *sites_[number(node)];
}

void Cluster::add(NodeId id, std::unique_ptr<Node> prototype) {
  founders_.push_back(id);
  add_spare(id, std::move(prototype));
}

void Cluster::add_spare(NodeId id, std::unique_ptr<Node> prototype) {
  LOCKSTEP_CHECK(ids_.empty() || ids_.back() < id);
  ids_.push_back(id);
  sites_.resize(number(id) + 1);
  sites_[number(id)] = std::make_unique<Site>();
  Site& added = *sites_[number(id)];
  added.id = id;
  added.prototype = std::move(prototype);
  added.world.self = id;
  added.world.keeps_log = options_.keeps_log;
}

void Cluster::start(NodeId node, bool join) {
  Site& starting = site(node);
  LOCKSTEP_CHECK(starting.incarnation == 0);
  starting.world.initial_members = founders_;
  boot(starting, join ? Start::Kind::Join : Start::Kind::First);
}

void Cluster::load(NodeId node, Image image) {
  Site& loading = site(node);
  LOCKSTEP_CHECK(loading.incarnation == 0);
  loading.world.image = std::move(image);
}

void Cluster::expire(NodeId node, std::uint32_t timer, std::uint64_t key) {
  LOCKSTEP_CHECK(is_up(node));
  arm(site(node), timer, key, loop_.now());
}

void Cluster::crash(NodeId node) {
  Site& victim = site(node);
  if (victim.host != nullptr) kill(victim);
}

void Cluster::restart(NodeId node) {
  Site& starting = site(node);
  if (starting.host != nullptr || starting.incarnation == 0) return;
  ++counts_.restarts;
  boot(starting, Start::Kind::Restart);
}

void Cluster::pause(NodeId node) { site(node).paused = is_up(node); }

void Cluster::resume(NodeId node) {
  Site& waking = site(node);
  waking.paused = false;
  if (!waking.backlog.empty()) schedule_catch_up(waking);
}

void Cluster::schedule_catch_up(Site& site) {
  Event event;
  event.target = this;
  event.kind = static_cast<std::uint32_t>(Kind::CatchUp);
  event.node = site.id;
  event.life = site.life;
  loop_.schedule(loop_.now(), std::move(event));
}

void Cluster::catch_up(Site& site) {
  if (site.paused || site.backlog.empty()) return;
  Event event = std::move(site.backlog.front());
  site.backlog.pop_front();
  step(site, event);
  if (!site.backlog.empty()) schedule_catch_up(site);
}

bool Cluster::rot(NodeId node, std::uint64_t ordinal) {
  Image& image = site(node).world.image;
  if (image.empty()) return false;
  const auto at = std::next(image.begin(), static_cast<std::ptrdiff_t>(ordinal % image.size()));
  std::string value = *at->second;
  if (value.empty()) return false;
  value[ordinal / image.size() % value.size()] ^= 0x10;
  image.put(at->first, Bytes(std::move(value)));
  return true;
}

void Cluster::fire(Event& event) {
  if (static_cast<Kind>(event.kind) == Kind::ReplyToClient) {
    digest_(static_cast<std::uint64_t>(loop_.now().time_since_epoch().count()));
    fold_payload(event.payload);
    if (sink_ != nullptr) {
      sink_->on_reply(ClientId{event.key}, event.peer,
                      static_cast<const Reply&>(event.payload.message()));
    }
    return;
  }
  Site& receiver = site(event.node);
  if (static_cast<Kind>(event.kind) == Kind::CatchUp) return catch_up(receiver);
  // What arrives while a backlog is worked off stands in line, or it would overtake.
  if (receiver.paused || !receiver.backlog.empty()) {
    receiver.backlog.push_back(std::move(event));
    return;
  }
  step(receiver, event);
}

void Cluster::step(Site& site, Event& event) {
  const auto kind = static_cast<Kind>(event.kind);
  const bool died_with_the_node = event.life != kAnyLife && event.life != site.life;
  if (site.host == nullptr || died_with_the_node) {
    if (event.payload) {
      Witness lost = witness(Witness::Kind::Dropped, event.peer);
      lost.peer = site.id;
      lost.payload = &event.payload;
      tell(lost);
    }
    return;
  }
  if (kind == Kind::Sync) return end_sync(site);
  Step call;
  Witness seen = witness(Witness::Kind::Delivered, site.id);
  seen.peer = event.peer;
  if (kind == Kind::Timer) {
    const auto outcome = site.timers.due(event.number, event.key, event.generation, loop_.now());
    if (outcome.again) {
      event.generation = outcome.again->generation;
      loop_.schedule(outcome.again->at, std::move(event));
    }
    if (!outcome.fires) return;
    call.kind = Step::Kind::Timer;
    call.timer = seen.timer = event.number;
    call.key = seen.key = event.key;
    seen.kind = Witness::Kind::Fired;
  } else {
    call.kind = kind == Kind::Request       ? Step::Kind::Request
                : kind == Kind::ReplyToNode ? Step::Kind::Reply
                                            : Step::Kind::Message;
    call.from = event.peer;
    call.payload = std::move(event.payload);
    seen.payload = &call.payload;
    if (kind == Kind::Request) {
      seen.kind = Witness::Kind::Requested;
      seen.client = event.peer == NodeId{} ? ClientId{event.key} : client_of(event.peer);
    }
  }
  fold_event(kind, site, event);
  if (call.payload) fold_payload(call.payload);
  tell(seen);
  run(site, call);
}

void Cluster::boot(Site& site, Start::Kind kind) {
  ++site.life;
  site.host = options_.host(*site.prototype);
  site.world.effects.clear();
  Step call;
  call.kind = Step::Kind::Start;
  call.start = {kind, ++site.incarnation};
  digest_(static_cast<std::uint64_t>(loop_.now().time_since_epoch().count()));
  digest_(number(site.id));
  Witness started = witness(Witness::Kind::Started, site.id);
  started.start = call.start;
  tell(started);
  run(site, call);
}

void Cluster::run(Site& site, const Step& step) {
  ++counts_.handlers;
  auto& here = whereabouts();
  here.event = loop_.fired();
  here.node = site.id;
  here.at = loop_.now();
  set_clocks(site);
  if (!site.host->handle(site.world, step)) ++counts_.foreign;
  carry_out(site);
}

void Cluster::set_clocks(Site& site) const {
  site.world.now = site.clock.local(loop_.now());
  site.world.wall = site.clock.wall(loop_.now());
}

void Cluster::carry_out(Site& site) {
  Effects& effects = site.world.effects;
  fold_effects(effects);
  tell_claims(site);
  set_timers(site);
  CrashPoint crash;
  if (interceptor_ != nullptr) crash = interceptor_->on_effects(site.id, effects);
  if (crash.kind == CrashPoint::Kind::BeforeStorage) {
    if (site.tears) site.disk.hold(effects, {});
    kill(site);
    return effects.clear();
  }
  release_early(site);
  if (site.host == nullptr) return effects.clear();
  if (site.disk.idle() && effects.writes.empty()) {
    release(site, effects.outgoing, crash);
    effects.clear();
    return;
  }
  site.disk.hold(effects, crash);
  effects.clear();
  if (site.disk.wants_sync()) begin_sync(site);
}

void Cluster::set_timers(Site& site) {
  for (const auto& setting : site.world.effects.timers) {
    if (setting.cancel) {
      site.timers.cancel(setting.timer, setting.key);
      continue;
    }
    const std::uint64_t entity =
        (static_cast<std::uint64_t>(number(site.id)) << 32) | setting.timer;
    const Duration local = within(
        draw(options_.seed, "timer", entity, site.timers.settings(setting.timer)), setting.after);
    const Time deadline = loop_.now() + quantised(site.clock.true_span(local));
    arm(site, setting.timer, setting.key, deadline);
  }
}

void Cluster::arm(Site& site, std::uint32_t timer, std::uint64_t key, Time deadline) {
  const auto wakeup = site.timers.set(timer, key, deadline);
  if (!wakeup) return;
  Event event;
  event.target = this;
  event.kind = static_cast<std::uint32_t>(Kind::Timer);
  event.node = site.id;
  event.number = timer;
  event.life = site.life;
  event.key = key;
  event.generation = wakeup->generation;
  loop_.schedule(wakeup->at, std::move(event));
}

void Cluster::begin_sync(Site& site) {
  site.disk.begin_sync();
  ++counts_.syncs;
  const Duration takes =
      quantised(within(draw(options_.seed, "sync", number(site.id), site.syncs++), options_.sync));
  Event event;
  event.target = this;
  event.kind = static_cast<std::uint32_t>(Kind::Sync);
  event.node = site.id;
  event.life = site.life;
  loop_.schedule(loop_.now() + takes, std::move(event));
}

void Cluster::end_sync(Site& site) {
  site.disk.end_sync(site.lies, [&](Disk::Held& held) {
    if (!held.writes.empty()) {
      Witness stored = witness(Witness::Kind::Stored, site.id);
      stored.writes = held.writes;
      tell(stored);
    }
    return release(site, held.outgoing, held.crash);
  });
  if (site.host == nullptr) return;
  // What waits without a write of its own waits for nothing once all before it is durable.
  site.disk.release_dry([&](Disk::Held& held) { return release(site, held.outgoing, held.crash); });
  if (site.host != nullptr && site.disk.wants_sync()) begin_sync(site);
}

void Cluster::kill(Site& site) {
  ++counts_.crashes;
  // A handler that the disk has not taken over yet leaves nothing.
  undo(site.world.image, std::exchange(site.world.effects.writes, {}));
  const Disk::Loss loss{draw(options_.seed, "crash", number(site.id), site.life),
                        std::exchange(site.tears, false)};
  const auto survived = site.disk.crash(site.world.image, loss);
  if (!survived.empty()) {
    Witness stored = witness(Witness::Kind::Stored, site.id);
    stored.writes = survived;
    tell(stored);
  }
  site.host.reset();
  site.timers.clear();
  site.backlog.clear();
  site.paused = false;
  digest_(static_cast<std::uint64_t>(loop_.now().time_since_epoch().count()));
  digest_(~static_cast<std::uint64_t>(number(site.id)));
  tell(witness(Witness::Kind::Crashed, site.id));
}

Effects Cluster::ask_shadow(NodeId node, NodeId from, const Envelope& question) const {
  const Site& original = site(node);
  const auto shadow = options_.host(*original.prototype);
  World world;
  world.self = node;
  world.initial_members = original.world.initial_members;
  world.image = original.world.image;
  original.disk.rewind(world.image);
  world.now = original.clock.local(loop_.now());
  world.wall = original.clock.wall(loop_.now());
  Step step;
  step.start = {Start::Kind::Restart, original.incarnation + 1};
  shadow->handle(world, step);
  world.effects.clear();
  step.kind = Step::Kind::Message;
  step.from = from;
  step.payload = question;
  shadow->handle(world, step);
  return std::move(world.effects);
}

Fields Cluster::describe(NodeId node) const {
  Fields fields;
  if (is_up(node)) site(node).host->describe(fields);
  return fields;
}

}  // namespace lockstep::transport
