#include "consensus/single_writer_monitor.h"

#include <fmt/core.h>

#include <string>

namespace lockstep::consensus {

void SingleWriterMonitor::see(const Witness& witness) {
  if (violation_) return;
  switch (witness.kind) {
    case Witness::Kind::Started:
      epochs_.erase(witness.node);
      return;
    case Witness::Kind::Observed:
      if (const auto* leads = std::get_if<transport::Leads>(witness.claim);
          leads != nullptr && leads->group == group_) {
        epochs_[witness.node] = leads->term;
      }
      return;
    case Witness::Kind::Requested:
      return asked(witness);
    case Witness::Kind::Replied:
      return acknowledged(witness);
    default:
      return;
  }
}

void SingleWriterMonitor::asked(const Witness& witness) {
  const auto* request = witness.message_as<Request>();
  if (request == nullptr || !request->has_command() || request->read_only()) return;
  Wish& wish = wishes_[witness.client];
  if (request->sequence() > wish.sequence) wish = {request->sequence(), witness.event};
}

void SingleWriterMonitor::acknowledged(const Witness& witness) {
  const auto* reply = witness.message_as<Reply>();
  const auto epoch = epochs_.find(witness.node);
  const auto wish = wishes_.find(witness.client);
  if (reply == nullptr || epoch == epochs_.end() || wish == wishes_.end()) return;
  if (reply->status() != Reply::OK || reply->sequence() != wish->second.sequence) return;
  if (epoch->second > latest_.epoch) latest_ = {epoch->second, witness.node, witness.event};
  if (epoch->second == latest_.epoch || wish->second.event <= latest_.event) return;
  violation_ = Violation{
      "Single Writer", std::string(source_),
      fmt::format("{} acknowledged a write in {} {}, which {} asked for after {} had acknowledged "
                  "one in {} {}",
                  to_string(witness.node), epoch_name_, epoch->second, to_string(witness.client),
                  to_string(latest_.node), epoch_name_, latest_.epoch),
      witness.event, witness.at};
}

std::uint64_t SingleWriterMonitor::digest() const {
  statemachine::Fold digest;
  for (const auto& [node, epoch] : epochs_) {
    digest(number(node));
    digest(epoch);
  }
  for (const auto& [client, wish] : wishes_) {
    digest(number(client));
    digest(wish.sequence);
    digest(wish.event);
  }
  digest(latest_.epoch);
  digest(number(latest_.node));
  digest(latest_.event);
  digest(violation_.has_value());
  return digest.digest();
}

}  // namespace lockstep::consensus
