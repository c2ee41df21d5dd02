#include "labs/raft/tally.h"

#include <fmt/core.h>

#include <algorithm>

#include "statemachine/kv.h"

namespace lockstep::labs {

using consensus::raft::Message;
using transport::Claim;
using transport::ClientId;
using transport::Duration;
using transport::NodeId;
using transport::Reply;
using transport::Time;
using transport::Transmission;
using transport::Witness;

Tally::Tally(Stage& stage) : stage_(stage) { stage.cluster().add_observer(this); }

void Tally::see(const Witness& witness) {
  switch (witness.kind) {
    case Witness::Kind::Started:
      applied_[witness.node] = 0;
      break;
    case Witness::Kind::Sent:
      if (witness.peer != witness.node) sent_message(witness);
      break;
    case Witness::Kind::Observed:
      claimed(witness.node, *witness.claim);
      break;
    case Witness::Kind::Stored:
      for (const auto& write : witness.writes) {
        auto& disk = disks_[witness.node];
        if (write.value) {
          disk[write.key] = write.value.size();
        } else {
          disk.erase(write.key);
        }
      }
      break;
    default:
      break;
  }
}

void Tally::sent_message(const Witness& witness) {
  const auto* message = witness.message_as<Message>();
  if (message == nullptr) return;
  ++sent_;
  ++by_body_[message->body_case()];
  const bool leads = message->has_append_entries() || message->has_install_snapshot();
  const bool follows =
      message->has_append_reply() || message->has_snapshot_reply() || message->has_request_vote();
  if (leads) led_[witness.node] = witness.at;
  if (follows) followed_[witness.node] = witness.at;
  if (message->has_request_vote() && !message->request_vote().pre_vote()) {
    stood_in_ = std::max(stood_in_, message->request_vote().term());
  }
}

void Tally::claimed(NodeId node, const Claim& claim) {
  const auto reached = [&](std::uint64_t index) {
    applied_[node] = std::max(applied_[node], index);
  };
  if (const auto* applied = std::get_if<transport::Applied>(&claim)) {
    reached(applied->index);
    foremost_ = std::max(foremost_, applied->index);
  }
  if (const auto* installed = std::get_if<transport::Installed>(&claim)) reached(installed->index);
  if (const auto* compacted = std::get_if<transport::Compacted>(&claim)) reached(compacted->index);
  if (std::get_if<transport::Follows>(&claim) != nullptr) {
    followed_[node] = stage_.cluster().now();
  }
}

std::uint64_t Tally::applied(NodeId node) const {
  const auto known = applied_.find(node);
  return known == applied_.end() ? 0 : known->second;
}

Stage::Task<> Tally::await_applied(std::vector<NodeId> nodes) {
  const std::uint64_t goal = foremost_;
  std::string what =
      fmt::format("the machines of {} have applied the log up to index {}", to_string(nodes), goal);
  std::function<bool()> have = [this, goal, nodes] {
    return std::all_of(nodes.begin(), nodes.end(),
                       [&](NodeId node) { return applied(node) >= goal; });
  };
  co_await stage_.await(std::move(what), std::move(have));
}

Stage::Task<> Tally::await_applied() { co_await await_applied(stage_.cluster().nodes()); }

std::uint64_t Tally::sent(Body body) const {
  const auto known = by_body_.find(body);
  return known == by_body_.end() ? 0 : known->second;
}

std::vector<NodeId> Tally::led_since(Time since) const {
  std::vector<NodeId> all;
  for (const auto& [node, at] : led_) {
    if (at >= since) all.push_back(node);
  }
  return all;
}

bool Tally::stepped_down_since(NodeId node, Time since) const {
  const auto known = followed_.find(node);
  return known != followed_.end() && known->second >= since;
}

std::uint64_t Tally::stored_bytes(NodeId node) const {
  const auto known = disks_.find(node);
  if (known == disks_.end()) return 0;
  std::uint64_t bytes = 0;
  for (const auto& [key, size] : known->second) bytes += key.size() + size;
  return bytes;
}

const Message* message_in(const Transmission& transmission) {
  if (!transmission.payload.belongs_to(transport::protocol_tag<Message>())) return nullptr;
  return &static_cast<const Message&>(transmission.payload.message());
}

bool is_vote(const Transmission& transmission) {
  const Message* message = message_in(transmission);
  return message != nullptr && message->vote_reply().granted() && !message->vote_reply().pre_vote();
}

bool is_vote_request(const Transmission& transmission) {
  const Message* message = message_in(transmission);
  return message != nullptr && message->has_request_vote() && !message->request_vote().pre_vote();
}

std::string to_string(const std::vector<NodeId>& nodes) {
  std::string text = "{";
  for (const NodeId node : nodes) text += (text.size() > 1 ? " " : "") + to_string(node);
  return text + "}";
}

Stage::Task<NodeId> settled_leader(Stage& stage) {
  constexpr int kTries = 20;
  constexpr Duration kLongerThanElections = std::chrono::milliseconds(350);
  for (int tried = 0; tried < kTries; ++tried) {
    const NodeId leader = co_await stage.leader();
    const auto term = stage.world().term();
    co_await stage.sleep(kLongerThanElections);
    if (stage.world().term() == term && stage.world().leader() == leader) co_return leader;
  }
  stage.fail(Verdict::Stuck, "while nothing fails one node is elected and stays the leader",
             fmt::format("terms come and go, by now there are {}", stage.world().term()));
}

Stage::Task<NodeId> another_leader(Stage& stage, NodeId than, Duration patience) {
  std::string what = fmt::format("another node than {} leads", to_string(than));
  std::function<bool()> leads = [&stage, than] {
    const auto leader = stage.world().leader();
    return leader && *leader != than;
  };
  co_await stage.await(std::move(what), std::move(leads), patience);
  co_return *stage.world().leader();
}

NodeId after(Stage& stage, NodeId node, std::size_t distance) {
  const auto& nodes = stage.cluster().nodes();
  return nodes[(number(node) - 1 + distance) % nodes.size()];
}

Stage::Task<std::string> insist(Stage& stage, ClientId client, std::string command,
                                Duration patience) {
  const bool reads = statemachine::kv::read_only(command);
  chaos::Scenario::Fill fill = [command, reads](transport::Request& request) {
    request.set_command(command);
    request.set_read_only(reads);
  };
  const Time end = stage.cluster().now() + patience;
  const auto& nodes = stage.cluster().nodes();
  NodeId node = stage.world().leader().value_or(nodes.front());
  while (stage.cluster().now() < end) {
    const auto reply =
        co_await stage.world().ask(client, node, fill, std::chrono::milliseconds(300));
    if (reply && reply->status() == Reply::OK) co_return reply->result();
    const bool is_sent_on = reply && reply->status() == Reply::REDIRECT && reply->redirect() >= 1 &&
                            reply->redirect() <= nodes.size();
    node = is_sent_on ? NodeId{reply->redirect()} : nodes[number(node) % nodes.size()];
    co_await stage.sleep(std::chrono::milliseconds(20));
  }
  stage.fail(Verdict::Stuck, "a client that insists gets its answer",
             fmt::format("\"{}\" has no answer after 5 s of virtual time",
                         statemachine::kv::describe(command, nullptr)));
}

Stage::Task<std::string> value_of(Stage& stage, std::string key) {
  std::string command = statemachine::kv::get_or_empty(key);
  const auto bytes = co_await insist(stage, stage.world().new_client(), std::move(command));
  const auto result = statemachine::kv::parse_result(bytes);
  co_return result && result->value ? *result->value : std::string();
}

}  // namespace lockstep::labs
