#include "consensus/chain/monitors.h"

#include <fmt/core.h>

#include <algorithm>

#include "consensus/chain/chain.messages.h"
#include "consensus/chain/master.h"
#include "statemachine/fold.h"

namespace lockstep::consensus {
namespace {

/// So much is remembered, so that memory stays flat in runs of any length.
constexpr std::size_t kUpdates = 1 << 14;
constexpr std::size_t kConfigurations = 1 << 9;
constexpr std::size_t kReads = 1 << 13;

constexpr std::string_view kPropagation = "OSDI'04 §3.1, Update Propagation Invariant";
constexpr std::string_view kMaster = "OSDI'04 §3.1";
constexpr std::string_view kQueries = "OSDI'04 §2; CRAQ §2.3";

constexpr std::uint64_t bit(NodeId node) { return 1ull << number(node); }

/// The epoch that the sender was in; 0 if it did not know.
std::uint64_t epoch_of(const chain::Message& message) {
  std::uint64_t epoch = 0;
  visit(message, [&](const auto& body) { epoch = body.epoch(); });
  return epoch;
}

}  // namespace

void ChainMonitor::see(const Witness& witness) {
  if (violation_) return;
  now_ = witness.at;
  event_ = witness.event;
  switch (witness.kind) {
    case Witness::Kind::Started: {
      const std::uint64_t covered = servers_[witness.node].covered;
      servers_[witness.node] = {};
      servers_[witness.node].covered = covered;
      return;
    }
    case Witness::Kind::Sent:
      return sent(witness);
    case Witness::Kind::Delivered:
      return delivered(witness);
    case Witness::Kind::Requested:
      return requested(witness);
    case Witness::Kind::Observed:
      return std::visit(
          [&](const auto& claim) {
            if (claim.group == group_) claims(witness.node, claim);
          },
          *witness.claim);
    default:
      return;
  }
}

void ChainMonitor::sent(const Witness& witness) {
  if (const auto* reply = witness.message_as<Reply>()) {
    if (number(witness.node) <= masters_) master_says(*reply);
    return;
  }
  const auto* message = witness.message_as<chain::Message>();
  if (message == nullptr) return;
  const std::uint64_t epoch = epoch_of(*message);
  Server& server = servers_[witness.node];
  if (epoch == 0) return;
  if (epoch < server.sent_epoch) {
    return broken("Epochs Only Grow", kMaster,
                  fmt::format("{} sent a message of epoch {} after one of {}",
                              to_string(witness.node), epoch, server.sent_epoch));
  }
  server.sent_epoch = epoch;
  const auto known = configurations_.find(epoch);
  if (!message->has_update() || known == configurations_.end()) return;
  if (known->second.successor(witness.node) != witness.peer) {
    broken("Updates Go To The Successor", kPropagation,
           fmt::format("{} sent updates to {} in epoch {}", to_string(witness.node),
                       to_string(witness.peer), chain::to_string(known->second)));
  }
}

void ChainMonitor::delivered(const Witness& witness) {
  const auto* message = witness.message_as<chain::Message>();
  if (message == nullptr || !message->has_update()) return;
  servers_[witness.node].offered_by = witness.peer;
  servers_[witness.node].offered_in = witness.event;
}

void ChainMonitor::requested(const Witness& witness) {
  const auto* request = witness.message_as<transport::Request>();
  const bool is_read = request != nullptr && request->read_only();
  if (!is_read || number(witness.node) <= masters_) return;
  reads_.try_emplace({request->client(), request->sequence()}, committed_);
  if (reads_.size() > kReads) reads_.erase(reads_.begin());
}

/// What the masters say is the truth about the chain, if they all say the same.
void ChainMonitor::master_says(const Reply& reply) {
  if (reply.status() != Reply::OK) return;
  auto said = chain::parse_configuration(reply.result());
  if (!said || said->epoch == 0) return;
  const auto [known, is_new] = configurations_.try_emplace(said->epoch, *said);
  const bool is_same = known->second.chain == said->chain && known->second.joining == said->joining;
  if (!is_same) {
    return broken("One Configuration Per Epoch", kMaster,
                  fmt::format("the master says {} and {}", chain::to_string(known->second),
                              chain::to_string(*said)));
  }
  if (configurations_.size() > kConfigurations) configurations_.erase(configurations_.begin());
}

void ChainMonitor::claims(NodeId node, const transport::Appended& claim) {
  Server& server = servers_[node];
  if (claim.index != server.last + 1) {
    return broken("Histories Grow At Their End", kPropagation,
                  fmt::format("{} has the update {} right after {}", to_string(node), claim.index,
                              server.last));
  }
  server.last = claim.index;
  server.pending[claim.index] = {claim.term, claim.entry_digest};
  if (updates_.size() > kUpdates) remembered_from_ = updates_.begin()->first + 1;
  updates_.erase(updates_.begin(), updates_.lower_bound(remembered_from_));
  if (claim.index < remembered_from_) return;
  auto& known = updates_[claim.index];
  const auto found = std::find_if(known.begin(), known.end(), [&](const Update& update) {
    return update.epoch == claim.term && update.digest == claim.entry_digest;
  });
  if (found == known.end()) {
    known.push_back({claim.term, claim.entry_digest, bit(node)});
    return takes_up(node, claim.term);
  }
  const bool is_from_peer = server.offered_in == event_ && number(server.offered_by) < 64;
  const std::uint64_t sources = bit(node) | (is_from_peer ? bit(server.offered_by) : 0);
  if ((found->holders & sources) == 0) {
    return broken("Update Propagation", kPropagation,
                  fmt::format("{} has the update {} of epoch {}, which its predecessor never had",
                              to_string(node), claim.index, claim.term));
  }
  found->holders |= bit(node);
}

/// The update was in no history before.
void ChainMonitor::takes_up(NodeId node, std::uint64_t epoch) {
  const auto known = configurations_.find(epoch);
  if (known == configurations_.end() || known->second.head() == node) return;
  broken("Only The Head Takes Up Updates", "OSDI'04 §3",
         fmt::format("{} took up an update in epoch {}", to_string(node),
                     chain::to_string(known->second)));
}

void ChainMonitor::claims(NodeId node, const transport::Truncated& claim) {
  Server& server = servers_[node];
  if (claim.index <= server.committed) {
    return broken("Committed Updates Stay", "OSDI'04 §2",
                  fmt::format("{} dropped its updates from {} on after it had committed up to {}",
                              to_string(node), claim.index, server.committed));
  }
  server.last = std::min(server.last, claim.index - 1);
  server.pending.erase(server.pending.lower_bound(claim.index), server.pending.end());
}

void ChainMonitor::claims(NodeId node, const transport::Committed& claim) {
  Server& server = servers_[node];
  if (claim.index > server.last) {
    return broken("Committed Updates Are There", kPropagation,
                  fmt::format("{} committed up to {} and has a history up to {}", to_string(node),
                              claim.index, server.last));
  }
  for (std::uint64_t index = std::max(committed_ + 1, server.base + 1); index <= claim.index;
       ++index) {
    commits_first(node, index);
  }
  committed_ = std::max(committed_, claim.index);
  server.committed = std::max(server.committed, claim.index);
  server.pending.erase(server.pending.begin(), server.pending.upper_bound(claim.index));
}

// OSDI'04 §3: an update is committed when it is in the history of every server. The master's latest
// configuration counts: who was removed need not have it, and who joined must.
void ChainMonitor::commits_first(NodeId node, std::uint64_t index) {
  const auto own = servers_[node].pending.find(index);
  const auto known = updates_.find(index);
  if (own == servers_[node].pending.end() || known == updates_.end() || configurations_.empty()) {
    return;
  }
  const auto update = std::find_if(
      known->second.begin(), known->second.end(),
      [&](const Update& each) { return std::pair(each.epoch, each.digest) == own->second; });
  if (update == known->second.end()) return;
  for (const auto& place : configurations_.rbegin()->second.chain) {
    const bool has_it = (update->holders & bit(place.node)) != 0;
    if (has_it || servers_[place.node].covered >= index) continue;
    return broken("Committed Updates Are On All Servers", "OSDI'04 §3",
                  fmt::format("{} committed the update {}, which {} does not have in epoch {}",
                              to_string(node), index, to_string(place.node),
                              chain::to_string(configurations_.rbegin()->second)));
  }
}

void ChainMonitor::claims(NodeId node, const transport::Installed& claim) {
  starts_at(servers_[node], claim.index);
}

void ChainMonitor::claims(NodeId node, const transport::Compacted& claim) {
  Server& server = servers_[node];
  if (server.last == 0) return starts_at(server, claim.index);
  if (claim.index > server.committed) {
    return broken("Only Committed Updates Are Compacted", "OSDI'04 §2",
                  fmt::format("{} replaced its history up to {} and had committed up to {}",
                              to_string(node), claim.index, server.committed));
  }
  server.base = claim.index;
  server.covered = std::max(server.covered, claim.index);
}

void ChainMonitor::starts_at(Server& server, std::uint64_t index) {
  server.last = server.base = server.committed = index;
  server.covered = std::max(server.covered, index);
  server.pending.clear();
}

void ChainMonitor::claims(NodeId node, const transport::Served& claim) {
  const auto level = static_cast<chain::ReadOptions::Level>(claim.level);
  if (level == chain::ReadOptions::ANY_EVENTUAL || configurations_.empty()) return;
  const chain::Configuration& latest = configurations_.rbegin()->second;
  if (!latest.is_member(node)) {
    return broken("Who Was Removed Is Silent", kMaster,
                  fmt::format("{} answered from its history, but the chain is {}", to_string(node),
                              chain::to_string(latest)));
  }
  const auto asked = reads_.find({claim.client, claim.sequence});
  if (level == chain::ReadOptions::ANY_BOUNDED || asked == reads_.end()) return;
  if (claim.index >= asked->second) return;
  broken("Reads See What Was Committed", kQueries,
         fmt::format("{} answered from the state after {}, but {} was committed when the read was "
                     "asked for",
                     to_string(node), claim.index, asked->second));
}

void ChainMonitor::broken(std::string_view rule, std::string_view source, std::string story) {
  if (violation_) return;
  violation_ = {std::string(rule), std::string(source), std::move(story), event_, now_};
}

std::uint64_t ChainMonitor::digest() const {
  statemachine::Fold digest;
  digest(committed_);
  for (const auto& [node, server] : servers_) {
    digest(number(node));
    for (const auto word : {server.last, server.base, server.committed, server.sent_epoch}) {
      digest(word);
    }
    for (const auto& [index, update] : server.pending) {
      digest(index);
      digest(update.first);
      digest(update.second);
    }
  }
  for (const auto& [index, updates] : updates_) {
    digest(index);
    for (const Update& update : updates) {
      for (const auto word : {update.epoch, update.digest, update.holders}) digest(word);
    }
  }
  for (const auto& [epoch, configuration] : configurations_) {
    digest(statemachine::digest_of(chain::to_string(configuration)));
  }
  for (const auto& [read, committed] : reads_) {
    for (const auto word : {read.first, read.second, committed}) digest(word);
  }
  return digest.digest();
}

}  // namespace lockstep::consensus
