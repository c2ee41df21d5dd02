// What leaves a node and travels: messages, requests and replies on their links.
#include <algorithm>

#include "transport/simulated/cluster.h"

namespace lockstep::transport {

void Cluster::submit(ClientId client, NodeId node, Envelope request) {
  if (!exists(node)) {
    ++counts_.lost;
    return;
  }
  Link& link = links_.to_node(client, node);
  const Fate fate = link.next(options_.seed, mix(number(client)) ^ number(node), options_.network);
  if (fate.lost) return;
  Event event;
  event.target = this;
  event.kind = static_cast<std::uint32_t>(Kind::Request);
  event.node = node;
  event.key = number(client);
  event.payload = std::move(request);
  loop_.schedule(link.arrival(loop_.now(), fate), std::move(event));
}

void Cluster::deliver(NodeId from, NodeId to, Envelope payload, Duration delay,
                      Outgoing::Kind kind) {
  arrive(arrival_of(kind), from, to, std::move(payload), loop_.now() + delay);
}

Cluster::Kind Cluster::arrival_of(Outgoing::Kind kind) {
  return kind == Outgoing::Kind::Message ? Kind::Deliver
         : kind == Outgoing::Kind::Ask   ? Kind::Request
                                         : Kind::ReplyToNode;
}

void Cluster::arrive(Kind kind, NodeId from, NodeId to, Envelope payload, Time at,
                     std::uint32_t life) {
  Event event;
  event.life = life;
  event.target = this;
  event.kind = static_cast<std::uint32_t>(kind);
  event.node = to;
  event.peer = from;
  event.payload = std::move(payload);
  loop_.schedule(at, std::move(event));
}

void Cluster::release_early(Site& site) {
  auto& outgoing = site.world.effects.outgoing;
  for (auto& leaving : outgoing) {
    if (leaving.early) send(site, leaving);
    if (site.host == nullptr) return;
  }
  std::erase_if(outgoing, [](const Outgoing& leaving) { return leaving.early; });
}

bool Cluster::release(Site& site, std::vector<Outgoing>& outgoing, CrashPoint crash) {
  std::uint32_t left = 0;
  const bool dies = crash.kind != CrashPoint::Kind::None;
  for (auto& leaving : outgoing) {
    if (dies && left == crash.sends) break;
    send(site, leaving);
    if (site.host == nullptr) return false;
    ++left;
  }
  if (dies) kill(site);
  return !dies;
}

void Cluster::send(Site& site, Outgoing& outgoing) {
  if (outgoing.kind == Outgoing::Kind::Reply && !is_node(outgoing.client)) {
    return reply_to_client(site, outgoing);
  }
  if (outgoing.kind == Outgoing::Kind::Reply) outgoing.to = node_of(outgoing.client);
  if (!exists(outgoing.to)) {
    ++counts_.lost;
    return;
  }
  if (transmit(site, outgoing)) kill(site);
}

bool Cluster::transmit(Site& site, Outgoing& outgoing) {
  Witness sent = witness(Witness::Kind::Sent, site.id);
  sent.peer = outgoing.to;
  sent.payload = &outgoing.payload;
  tell(sent);
  const Kind kind = arrival_of(outgoing.kind);
  if (outgoing.to == site.id) {
    arrive(kind, site.id, site.id, std::move(outgoing.payload), loop_.now(), site.life);
    return false;
  }
  ++counts_.messages;
  counts_.message_bytes += outgoing.payload.bytes();
  Link& link = links_.between(site.id, outgoing.to);
  const std::uint64_t entity =
      (static_cast<std::uint64_t>(number(site.id)) << 32) | number(outgoing.to);
  Fate fate = link.next(options_.seed, entity, options_.network);
  if (interceptor_ != nullptr) {
    interceptor_->on_transmission(
        {site.id, outgoing.to, link.ordinal(), outgoing.payload, outgoing.kind}, fate);
  }
  if (fate.duplicated) {
    ++counts_.duplicated;
    arrive(kind, site.id, outgoing.to, outgoing.payload, loop_.now() + fate.duplicate_delay);
  }
  if (fate.lost) {
    ++counts_.lost;
    Witness lost = sent;
    lost.kind = Witness::Kind::Dropped;
    tell(lost);
  } else if (!fate.held) {
    arrive(kind, site.id, outgoing.to, std::move(outgoing.payload),
           link.arrival(loop_.now(), fate));
  }
  return fate.crash_sender;
}

void Cluster::reply_to_client(Site& site, Outgoing& outgoing) {
  Witness replied = witness(Witness::Kind::Replied, site.id);
  replied.client = outgoing.client;
  replied.payload = &outgoing.payload;
  tell(replied);
  Link& link = links_.to_client(site.id, outgoing.client);
  const Fate fate =
      link.next(options_.seed, ~mix(number(outgoing.client)) ^ number(site.id), options_.network);
  if (fate.lost) return;
  Event event;
  event.target = this;
  event.kind = static_cast<std::uint32_t>(Kind::ReplyToClient);
  event.peer = site.id;
  event.key = number(outgoing.client);
  event.payload = std::move(outgoing.payload);
  loop_.schedule(link.arrival(loop_.now(), fate), std::move(event));
}

}  // namespace lockstep::transport
