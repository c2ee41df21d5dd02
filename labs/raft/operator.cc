#include "labs/raft/operator.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "labs/raft/tally.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using transport::Admin;
using transport::Duration;
using transport::NodeId;
using transport::Reply;
using namespace std::chrono_literals;

namespace {

/// New voters may have to learn the log first.
constexpr Duration kOneChange = 3s;
constexpr Duration kBackoff = 20ms;

constexpr const char* kInsists = "an operator who insists gets the change done";

bool is_node(Stage& stage, std::uint32_t id) {
  return id >= 1 && id <= stage.cluster().nodes().size();
}

}  // namespace

Wish add(NodeId node) {
  return {"add " + to_string(node), [node](Admin& admin) { admin.set_add(number(node)); }};
}

Wish remove(NodeId node) {
  return {"remove " + to_string(node), [node](Admin& admin) { admin.set_remove(number(node)); }};
}

Wish learner(NodeId node) {
  return {"learner " + to_string(node), [node](Admin& admin) { admin.set_learner(number(node)); }};
}

Wish members(std::vector<NodeId> nodes) {
  return {"members " + to_string(nodes), [nodes](Admin& admin) {
            for (const NodeId node : nodes) admin.mutable_members()->add_node(number(node));
          }};
}

Stage::Task<std::optional<Reply>> try_once(Stage& stage, NodeId node, Wish wish,
                                           Duration patience) {
  chaos::Scenario::Fill fill = [wish](transport::Request& request) {
    wish.fill(*request.mutable_admin());
  };
  co_return co_await stage.world().ask(node, std::move(fill), patience);
}

Stage::Task<bool> insist_if_possible(Stage& stage, Wish wish, Duration patience) {
  const auto end = stage.cluster().now() + patience;
  const auto& nodes = stage.cluster().nodes();
  NodeId node = stage.world().leader().value_or(nodes.front());
  std::optional<Reply> reply;
  while (stage.cluster().now() < end) {
    reply = co_await try_once(stage, node, wish, kOneChange);
    if (reply && reply->status() == Reply::OK) co_return true;
    if (reply && reply->status() == Reply::REJECTED) co_return false;
    const bool is_sent_on = reply && reply->status() == Reply::REDIRECT;
    node = is_sent_on && is_node(stage, reply->redirect()) ? NodeId{reply->redirect()}
                                                           : nodes[number(node) % nodes.size()];
    co_await stage.sleep(kBackoff);
  }
  stage.fail(Verdict::Stuck, kInsists,
             fmt::format("\"{}\" is not done after {} s of virtual time; the last answer, from {}, "
                         "was {}",
                         wish.name, patience / 1s, to_string(node),
                         reply ? Reply::Status_Name(reply->status()) : "nothing"));
}

Stage::Task<> insist(Stage& stage, Wish wish, Duration patience) {
  const bool is_done = co_await insist_if_possible(stage, wish, patience);
  stage.expect(is_done, kInsists, fmt::format("\"{}\" was rejected", wish.name));
}

Stage::Task<> try_in_vain(Stage& stage, NodeId node, Wish wish, std::string because) {
  const auto reply = co_await try_once(stage, node, wish);
  stage.expect(
      !reply || reply->status() != Reply::OK,
      "a change is done when a majority of the new configuration has it",
      fmt::format("{} said that \"{}\" is done, although {}", to_string(node), wish.name, because));
}

Stage::Task<> write_some(Stage& stage, int writes) {
  for (int number = 0; number < writes; ++number) {
    co_await stage.execute(statemachine::kv::put("x", std::to_string(number)));
  }
}

std::vector<NodeId> founders_without(Stage& stage, std::initializer_list<NodeId> without) {
  std::vector<NodeId> rest;
  for (std::uint32_t id = 1; id <= stage.nodes(); ++id) {
    if (std::find(without.begin(), without.end(), NodeId{id}) == without.end()) {
      rest.push_back(NodeId{id});
    }
  }
  return rest;
}

void join(Stage& stage, std::initializer_list<std::uint32_t> nodes) {
  for (const std::uint32_t node : nodes) stage.world().join(NodeId{node});
}

void crash(Stage& stage, const std::vector<NodeId>& nodes) {
  for (const NodeId node : nodes) stage.cluster().crash(node);
}

void restart(Stage& stage, const std::vector<NodeId>& nodes) {
  for (const NodeId node : nodes) stage.cluster().restart(node);
}

void part(Stage& stage, const std::vector<NodeId>& group) {
  const auto is_in = [&](NodeId node) {
    return std::find(group.begin(), group.end(), node) != group.end();
  };
  for (const NodeId node : group) {
    for (const NodeId other : stage.cluster().nodes()) {
      if (is_in(other)) continue;
      stage.world().cut(node, other);
      stage.world().cut(other, node);
    }
  }
}

Stage::Task<> commits_nothing(Stage& stage, std::vector<NodeId> nodes, std::string promise) {
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    for (const NodeId node : nodes) {
      const auto result = co_await stage.attempt(
          node, statemachine::kv::put("x", fmt::format("in vain {}", round)), 500ms);
      stage.expect(
          !result, promise,
          fmt::format("{} executed a write, with {} alone", to_string(node), to_string(nodes)));
    }
  }
}

}  // namespace lockstep::labs
