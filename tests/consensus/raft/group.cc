#include "tests/consensus/raft/group.h"

#include <algorithm>

#include "statemachine/counter.h"

namespace lockstep::consensus::tests {

using transport::chance;
using transport::within;

Group::Group(GroupOptions options) : options_(std::move(options)), monitor_({}) {
  for (std::uint32_t id = 1; id <= options_.nodes; ++id) ids_.push_back(NodeId{id});
  monitor_ = RaftMonitor(ids_);
  members_.resize(ids_.size());
  for (const NodeId node : ids_) restart(node);
}

void Group::run(Duration duration) {
  const Time end = now_ + duration;
  while (!events_.empty() && events_.begin()->first.first <= end) {
    auto event = events_.extract(events_.begin());
    now_ = event.key().first;
    handle(std::move(event.mapped()));
  }
  now_ = end;
}

void Group::crash(NodeId node) {
  Member& member = members_[place(node)];
  if (!member.node) return;
  member.node.reset();
  see(Witness::Kind::Crashed, node);
}

void Group::restart(NodeId node) {
  Member& member = members_[place(node)];
  crash(node);
  ++member.life;
  member.world = {};
  member.world.self = node;
  member.world.initial_members = ids_;
  member.world.image = member.durable;
  member.disk_free = now_;
  member.timers.clear();
  member.node.emplace(options_.raft);
  const Start start{member.life == 1 ? Start::Kind::First : Start::Kind::Restart, member.life};
  see(Witness::Kind::Started, node, [&](Witness& seen) { seen.start = start; });
  begin(member);
  member.node->start(member.world, start);
  finish(node);
}

void Group::ask(std::uint64_t sequence) {
  Request request;
  request.set_client(1);
  request.set_sequence(sequence);
  request.set_acknowledged_below(sequence);
  request.set_command(statemachine::counter::add(1));
  for (const NodeId node : ids_) {
    Member& member = members_[place(node)];
    if (!member.node) continue;
    begin(member);
    member.node->request(member.world, request);
    finish(node);
  }
}

std::string Group::field(NodeId node, const std::string& name) const {
  Fields fields;
  if (is_up(node)) members_[place(node)].node->describe(fields);
  for (const auto& [key, value] : fields.values()) {
    if (key == name) return value;
  }
  return {};
}

void Group::handle(Event event) {
  Member& member = members_[place(event.node)];
  const bool alive =
      member.node && (event.kind == Event::Kind::Message || event.life == member.life);
  if (!alive) return;
  // A message to oneself is lost by a crash.
  if (event.from == event.node && event.life != member.life) return;
  if (event.kind == Event::Kind::Flush) return flush(event);
  if (event.kind == Event::Kind::Timer && member.timers[event.timer] != event.generation) return;
  begin(member);
  if (event.kind == Event::Kind::Message) {
    see(Witness::Kind::Delivered, event.node, [&](Witness& seen) {
      seen.peer = event.from;
      seen.payload = &event.payload;
    });
    member.node->message(member.world, event.from, event.payload);
  } else {
    member.node->timer(member.world, event.timer, 0);
  }
  finish(event.node);
}

void Group::begin(Member& member) {
  member.world.now = now_;
  member.world.effects.clear();
  ++event_number_;
}

void Group::finish(NodeId node) {
  Member& member = members_[place(node)];
  Effects& effects = member.world.effects;
  for (const auto& setting : effects.timers) {
    const std::uint64_t generation = ++ordinal_;
    member.timers[setting.timer] = generation;
    if (setting.cancel) continue;
    at(now_ + within(roll("timer"), setting.after), {.kind = Event::Kind::Timer,
                                                     .node = node,
                                                     .life = member.life,
                                                     .timer = setting.timer,
                                                     .generation = generation});
  }
  for (const auto& claim : effects.claims) {
    ++claims_[claim.index()];
    see(Witness::Kind::Observed, node, [&](Witness& seen) { seen.claim = &claim; });
  }
  const Duration disk =
      effects.writes.empty() ? 0ms : within(roll("disk"), {0ms, options_.disk_high});
  member.disk_free = std::max(member.disk_free, now_ + disk);
  const auto is_early = [](const Outgoing& outgoing) { return outgoing.early; };
  for (const Outgoing& outgoing : effects.outgoing) {
    if (is_early(outgoing)) send(node, outgoing);
  }
  std::erase_if(effects.outgoing, is_early);
  Event flush{.kind = Event::Kind::Flush, .node = node, .life = member.life};
  std::swap(flush.effects, effects);
  at(member.disk_free, std::move(flush));
}

void Group::flush(Event& event) {
  apply(members_[place(event.node)].durable, event.effects.writes);
  see(Witness::Kind::Stored, event.node,
      [&](Witness& seen) { seen.writes = event.effects.writes; });
  for (const Outgoing& outgoing : event.effects.outgoing) send(event.node, outgoing);
}

void Group::send(NodeId from, const Outgoing& outgoing) {
  if (outgoing.kind == Outgoing::Kind::Reply) {
    see(Witness::Kind::Replied, from, [&](Witness& seen) {
      seen.client = outgoing.client;
      seen.payload = &outgoing.payload;
    });
    const auto& reply = static_cast<const Reply&>(outgoing.payload.message());
    if (reply.status() == Reply::OK) answers_.emplace(reply.sequence(), reply.result());
    return;
  }
  see(Witness::Kind::Sent, from, [&](Witness& seen) {
    seen.peer = outgoing.to;
    seen.payload = &outgoing.payload;
  });
  const std::uint64_t life = members_[place(from)].life;
  const Event event{.kind = Event::Kind::Message,
                    .node = outgoing.to,
                    .from = from,
                    .life = life,
                    .payload = outgoing.payload};
  if (outgoing.to == from) return at(now_, event);
  if (chance(roll("drop"), options_.drop_ppm)) return;
  at(now_ + within(roll("delay"), {100us, options_.delay_high}), event);
  if (!chance(roll("duplicate"), options_.duplicate_ppm)) return;
  at(now_ + within(roll("delay"), {100us, 10 * options_.delay_high}), event);
}

void Group::see(Witness::Kind kind, NodeId node, const std::function<void(Witness&)>& fill) {
  Witness witness;
  witness.kind = kind;
  witness.node = node;
  if (fill) fill(witness);
  witness.at = now_;
  witness.event = event_number_;
  monitor_.see(witness);
  if (const auto asked = promises_.see(witness); asked && ordinal_ % 7 == 0) {
    probe(witness.node, *asked);
  }
}

void Group::probe(NodeId node, const Probe& probe) {
  ++probes_;
  Member shadow;
  shadow.world.self = node;
  shadow.world.initial_members = ids_;
  shadow.world.image = members_[place(node)].durable;
  shadow.node.emplace(options_.raft);
  shadow.node->start(shadow.world, {Start::Kind::Restart, 1'000'000});
  shadow.world.effects.clear();
  shadow.node->message(shadow.world, probe.from, probe.question);
  const auto story = probe.contradiction(shadow.world.effects);
  if (story && !broken_promise_) broken_promise_ = probe.promise + ", but " + *story;
}

}  // namespace lockstep::consensus::tests
