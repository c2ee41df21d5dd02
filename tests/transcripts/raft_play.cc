#include "tests/transcripts/raft_play.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "chaos/check/explain.h"
#include "chaos/check/linearizability.h"
#include "consensus/raft/raft.h"
#include "labs/systems/registry.h"
#include "statemachine/kv.h"
#include "statemachine/sessions.h"
#include "tests/transcripts/transcript.h"

namespace lockstep::tests {

namespace raft = consensus::raft;
using chaos::Scenario;
using transport::Request;

namespace {

chaos::ScenarioOptions staged(RaftPlay::Setting setting, RaftWitness& witness) {
  chaos::ScenarioOptions options;
  options.nodes = setting.nodes;
  options.spares = setting.spares;
  options.options = std::move(setting.options);
  options.network.delay = {1ms, 1ms};
  options.before_start = [&witness, disks = std::move(setting.disks)](transport::Cluster& cluster) {
    cluster.set_sync({500us, 500us});
    cluster.add_observer(&witness);
    for (const auto& [node, image] : disks) cluster.load(node, image);
  };
  return options;
}

bool has(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

std::string list(const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId node : nodes) text += (text.empty() ? "" : " ") + to_string(node);
  return text;
}

}  // namespace

chaos::OptionValues as_in_the_paper() {
  return {{"election_timeout", "100s..200s"},
          {"pre_vote", "off"},
          {"check_quorum", "off"},
          {"leader_stickiness", "off"},
          {"lease", "off"},
          {"async_disk_write", "off"},
          {"snapshot_every", "0"}};
}

transport::Image disk_with(std::uint64_t term, std::initializer_list<std::uint64_t> entry_terms) {
  transport::Image image;
  raft::StoredTerm stored;
  stored.set_term(term);
  image.put("term", stored.SerializeAsString());
  std::uint64_t index = 0;
  for (const std::uint64_t entry_term : entry_terms) {
    ++index;
    raft::Entry entry;
    entry.set_term(entry_term);
    // A client of its own for each entry, far from the numbers of the script's clients.
    const std::uint64_t client = 1'000'000 + entry_term * 1'000 + index;
    const auto command = statemachine::kv::put("x", "term " + std::to_string(entry_term));
    entry.set_command(statemachine::encode_session_command(client, 1, 0, command));
    image.put(transport::numbered_key("log/", index), entry.SerializeAsString());
  }
  return image;
}

Scenario::Fill put(std::string key, std::string value) {
  return [command = statemachine::kv::put(key, value)](Request& request) {
    request.set_command(command);
  };
}

Scenario::Fill get(std::string key, ReadOptions::Level level) {
  return [command = statemachine::kv::get(key), level](Request& request) {
    request.set_command(command);
    request.set_read_only(true);
    if (level == ReadOptions::DEFAULT) return;
    ReadOptions options;
    options.set_level(level);
    request.set_options(options.SerializeAsString());
  };
}

Scenario::Fill add(NodeId node) {
  return [node](Request& request) { request.mutable_admin()->set_add(number(node)); };
}

Scenario::Fill remove(NodeId node) {
  return [node](Request& request) { request.mutable_admin()->set_remove(number(node)); };
}

Scenario::Fill hand_over_to(NodeId node) {
  return [node](Request& request) { request.mutable_admin()->set_transfer(number(node)); };
}

Scenario::Fill change_members(std::vector<NodeId> nodes) {
  return [nodes = std::move(nodes)](Request& request) {
    auto& members = *request.mutable_admin()->mutable_members();
    for (const NodeId node : nodes) members.add_node(number(node));
  };
}

RaftPlay::RaftPlay(std::string name, std::string title, Setting setting)
    : name_(std::move(name)),
      title_(std::move(title)),
      is_beyond_promise_(setting.is_beyond_promise),
      scenario_(*labs::find_system("raft"), staged(std::move(setting), witness_)) {}

void RaftPlay::act(const std::function<awaitable<void>()>& script) {
  try {
    scenario_.play(script, 10h);
  } catch (const std::exception& error) {
    const std::string story = std::string(error.what()) + ", after\n" + witness_.text();
    FAIL(story);
  }
  CHECK(scenario_.violation().has_value() == is_beyond_promise_);
  std::string text = title_ + "\n\n" + witness_.text();
  if (!text.ends_with("\n\n")) text += "\n";
  const auto problem = settle("raft/" + name_, text + verdict());
  if (problem) FAIL_CHECK(*problem);
}

std::string RaftPlay::verdict() {
  std::string text = "The monitors found nothing wrong.\n";
  if (const auto& violation = scenario_.violation()) {
    text =
        "Broken: " + violation->rule + " (" + violation->source + ")\n" + violation->story + "\n";
  }
  const auto history = witness_.history();
  const auto checked = chaos::check_linearizability(history);
  if (const auto* broken = checked.violation()) {
    return text + "What the clients saw is not linearizable:\n" + chaos::describe(*broken, history);
  }
  return history.operations.empty() ? text : text + "What the clients saw is linearizable.\n";
}

void RaftPlay::time_out(NodeId node) {
  scenario_.cluster().expire(node, static_cast<std::uint32_t>(consensus::Raft::Timer::Election));
}

awaitable<void> RaftPlay::elect(NodeId node) {
  constexpr int kAttempts = 100;
  constexpr auto kRoundTrip = 10ms;
  for (int attempt = 0; field(node, "role") != "leader"; ++attempt) {
    if (attempt == kAttempts) throw std::runtime_error(to_string(node) + " was not elected");
    time_out(node);
    const auto give_up = scenario_.cluster().now() + kRoundTrip;
    while (field(node, "role") != "leader" && scenario_.cluster().now() < give_up) {
      co_await scenario_.sleep(500us);
    }
  }
}

void RaftPlay::partition(const std::vector<NodeId>& nodes) {
  note("{" + list(nodes) + "} are cut off from the others");
  scenario_.lose([nodes](const transport::Transmission& transmission) {
    return has(nodes, transmission.from) != has(nodes, transmission.to);
  });
}

void RaftPlay::keep_entries_among(const std::vector<NodeId>& nodes) {
  note("no AppendEntries get out of {" + list(nodes) + "}");
  scenario_.lose([nodes](const transport::Transmission& transmission) {
    return transmission.payload.name() == "AppendEntries" && has(nodes, transmission.from) &&
           !has(nodes, transmission.to);
  });
}

void RaftPlay::heal() {
  note("all links are whole again");
  scenario_.heal();
}

void RaftPlay::note(std::string_view text) { witness_.note(scenario_.cluster().now(), text); }

void RaftPlay::table(std::string_view caption) { witness_.table(scenario_.cluster(), caption); }

std::string RaftPlay::field(NodeId node, std::string_view name) {
  const auto fields = scenario_.cluster().describe(node);
  for (const auto& [known, value] : fields.values()) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace lockstep::tests
