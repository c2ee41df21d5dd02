#include "consensus/abd/monitors.h"

#include <fmt/core.h>

namespace lockstep::consensus {
namespace {

constexpr std::size_t kRemembered = 4096;

std::string text(const AbdStamp& stamp) { return fmt::format("{}.{}", stamp.first, stamp.second); }

std::uint64_t digest_of(const abd::Versioned& version) {
  statemachine::Fold digest;
  fold(digest, version);
  return digest.digest();
}

}  // namespace

void AbdMonitor::see(const Witness& witness) {
  if (violation_ || witness.kind != Witness::Kind::Sent) return;
  const auto* message = witness.message_as<abd::Message>();
  if (message == nullptr) return;
  if (message->has_update()) saw_version(witness, message->update().version());
  if (message->has_query_reply()) {
    saw_version(witness, message->query_reply().latest());
    reported(witness, message->query_reply().latest());
  }
}

void AbdMonitor::saw_version(const Witness& witness, const abd::Versioned& version) {
  const AbdStamp stamp = stamp_of(version.timestamp());
  const auto [known, is_new] = values_.emplace(stamp, digest_of(version));
  if (!is_new && known->second != digest_of(version)) {
    broken(witness, "one value per timestamp",
           fmt::format("{} sent a second value for timestamp {}", to_string(witness.node),
                       text(stamp)));
  }
  if (values_.size() > kRemembered) values_.erase(values_.begin());
}

void AbdMonitor::reported(const Witness& witness, const abd::Versioned& version) {
  const AbdStamp stamp = stamp_of(version.timestamp());
  AbdStamp& last = reported_[witness.node];
  if (stamp < last) {
    broken(witness, "versions never go back",
           fmt::format("{} reported timestamp {} after it had reported {}",
                       to_string(witness.node), text(stamp), text(last)));
  }
  last = stamp;
}

void AbdMonitor::broken(const Witness& witness, const char* rule, std::string story) {
  violation_ = {rule, "Attiya, Bar-Noy, Dolev §3", std::move(story), witness.event, witness.at};
}

std::uint64_t AbdMonitor::digest() const {
  statemachine::Fold digest;
  for (const auto& [node, stamp] : reported_) {
    digest(transport::number(node));
    digest(stamp.first);
    digest(stamp.second);
  }
  for (const auto& [stamp, value] : values_) {
    digest(stamp.first);
    digest(stamp.second);
    digest(value);
  }
  return digest.digest();
}

std::optional<Probe> AbdPromises::see(const Witness& witness) {
  const auto* message = witness.message_as<abd::Message>();
  if (message == nullptr) return std::nullopt;
  if (witness.kind == Witness::Kind::Delivered && message->has_update()) {
    const auto& update = message->update();
    updates_[{witness.node, witness.peer, update.operation()}] =
        stamp_of(update.version().timestamp());
    if (updates_.size() > kRemembered) updates_.erase(updates_.begin());
    return std::nullopt;
  }
  if (witness.kind != Witness::Kind::Sent || !message->has_update_reply()) return std::nullopt;
  const auto found =
      updates_.find({witness.node, witness.peer, message->update_reply().operation()});
  if (found == updates_.end()) return std::nullopt;
  const AbdStamp promised = found->second;
  updates_.erase(found);
  Probe probe;
  probe.promise =
      fmt::format("{} acknowledged timestamp {}", to_string(witness.node), text(promised));
  probe.from = witness.peer;
  probe.question = transport::compose<abd::Message, abd::Query>([](abd::Query&) {});
  probe.contradiction = [promised](const Effects& effects) -> std::optional<std::string> {
    for (const auto& outgoing : effects.outgoing) {
      if (!outgoing.payload.belongs_to(transport::protocol_tag<abd::Message>())) continue;
      const auto& answer = static_cast<const abd::Message&>(outgoing.payload.message());
      const AbdStamp stamp = stamp_of(answer.query_reply().latest().timestamp());
      if (answer.has_query_reply() && stamp < promised) {
        return fmt::format("it reports timestamp {}", text(stamp));
      }
    }
    return std::nullopt;
  };
  return probe;
}

}  // namespace lockstep::consensus
