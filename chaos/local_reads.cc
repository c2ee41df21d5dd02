#include "chaos/local_reads.h"

#include <algorithm>

#include "statemachine/session_commands.h"
#include "transport/request.pb.h"

namespace lockstep::chaos {

using transport::NodeId;
using transport::Reply;
using transport::Request;
using transport::Witness;

LocalReads::LocalReads(const statemachine::MachineKind& machine, std::vector<std::string> options,
                       std::optional<statemachine::MachineFactory> sessions,
                       transport::GroupId group)
    : machine_(machine),
      options_(std::move(options)),
      sessions_(std::move(sessions)),
      group_(group) {}

bool LocalReads::is_local(std::string_view options) const {
  return std::find(options_.begin(), options_.end(), options) != options_.end();
}

LocalReads::Replica& LocalReads::replica(NodeId node) {
  if (number(node) >= replicas_.size()) replicas_.resize(number(node) + 1);
  return replicas_[number(node)];
}

void LocalReads::see(const Witness& witness) {
  switch (witness.kind) {
    case Witness::Kind::Started: {
      Replica& started = replica(witness.node);
      const std::uint64_t starts = started.starts + 1;
      started = {};
      started.starts = starts;
      return;
    }
    case Witness::Kind::Requested:
      return requested(witness);
    case Witness::Kind::Replied:
      return replied(witness);
    case Witness::Kind::Observed:
      return observed(witness);
    default:
      return;
  }
}

void LocalReads::requested(const Witness& witness) {
  const auto* request = witness.message_as<Request>();
  if (request == nullptr || !request->has_command()) return;
  if (request->read_only() && is_local(request->options())) {
    Replica& asked = replica(witness.node);
    // Of a request that comes again, the answer may be the one to the first.
    asked.asked.emplace(std::pair(request->client(), request->sequence()),
                        Asked{request->command(), asked.applied});
    return;
  }
  std::string command = sessions_ ? statemachine::encode_session_command(
                                        request->client(), request->sequence(),
                                        request->acknowledged_below(), request->command())
                                  : request->command();
  const std::uint64_t digest = statemachine::digest_of(command);
  commands_.emplace(digest, std::move(command));
}

void LocalReads::replied(const Witness& witness) {
  const auto* reply = witness.message_as<Reply>();
  if (reply == nullptr || reply->status() != Reply::OK) return;
  Replica& answering = replica(witness.node);
  const auto found = answering.asked.find({number(witness.client), reply->sequence()});
  if (found == answering.asked.end()) return;
  if (!answering.life) {
    answering.life = lives_.size();
    lives_.push_back({to_string(witness.node) + ", start " + std::to_string(answering.starts), {}});
  }
  lives_[*answering.life].reads.push_back({number(witness.client), reply->sequence(),
                                           std::move(found->second.command), reply->result(),
                                           found->second.applied, foremost_});
  answering.asked.erase(found);
}

void LocalReads::observed(const Witness& witness) {
  std::uint64_t index = 0;
  if (const auto* applied = std::get_if<transport::Applied>(witness.claim)) {
    if (applied->group != group_) return;
    index = applied->index;
    applied_.emplace(index, applied->command_digest);
  } else if (const auto* installed = std::get_if<transport::Installed>(witness.claim)) {
    if (installed->group != group_) return;
    index = installed->index;
  } else {
    return;
  }
  Replica& claiming = replica(witness.node);
  claiming.applied = std::max(claiming.applied, index);
  foremost_ = std::max(foremost_, index);
}

std::optional<ReplicaReadsViolation> LocalReads::check() const {
  std::vector<LogCommand> log;
  for (const auto& [index, digest] : applied_) {
    // What no client asked for (an empty entry, a configuration) changes no state.
    const auto command = commands_.find(digest);
    if (command != commands_.end()) log.push_back({index, command->second});
  }
  return check_replica_reads(sessions_.value_or(machine_.make), log, lives_);
}

std::uint64_t LocalReads::count() const {
  std::uint64_t reads = 0;
  for (const auto& life : lives_) reads += life.reads.size();
  return reads;
}

}  // namespace lockstep::chaos
