// What a cluster gives as evidence: the digest of the run, and what its observers see.
#include "transport/simulated/cluster.h"

namespace lockstep::transport {

using statemachine::fold;

void Cluster::fold_event(Kind kind, const Site& site, const Event& event) {
  digest_(static_cast<std::uint64_t>(loop_.now().time_since_epoch().count()));
  digest_((static_cast<std::uint64_t>(kind) << 48) |
          (static_cast<std::uint64_t>(number(site.id)) << 24) | number(event.peer));
  if (kind == Kind::Timer) {
    digest_(event.number);
    digest_(event.key);
  }
}

void Cluster::fold_payload(const Envelope& payload) {
  if (options_.digests) digest_(payload.digest());
}

void Cluster::fold_effects(const Effects& effects) {
  if (!options_.digests) return;
  for (const auto& write : effects.writes) {
    digest_(static_cast<bool>(write.value));
    fold(digest_, write.key);
    if (write.value) fold(digest_, *write.value);
  }
  for (const auto& outgoing : effects.outgoing) {
    digest_((static_cast<std::uint64_t>(outgoing.kind) << 40) |
            (static_cast<std::uint64_t>(outgoing.early) << 32) | number(outgoing.to));
    digest_(outgoing.payload.digest());
  }
  for (const auto& claim : effects.claims) fold(digest_, claim);
}

Witness Cluster::witness(Witness::Kind kind, NodeId node) const {
  Witness seen;
  seen.kind = kind;
  seen.at = loop_.now();
  seen.event = loop_.fired();
  seen.node = node;
  return seen;
}

void Cluster::tell(const Witness& seen) {
  for (auto* observer : observers_) observer->see(seen);
}

void Cluster::tell_claims(Site& site) {
  if (observers_.empty()) return;
  Witness seen = witness(Witness::Kind::Observed, site.id);
  for (const auto& claim : site.world.effects.claims) {
    seen.claim = &claim;
    tell(seen);
  }
  seen.claim = nullptr;
  seen.kind = Witness::Kind::Logged;
  for (const auto& line : site.world.effects.log) {
    seen.text = line;
    tell(seen);
  }
}

}  // namespace lockstep::transport
