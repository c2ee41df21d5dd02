// Levels of reads in whole runs: each keeps what it promises, and breaks what the next one does.
#include <doctest/doctest.h>

#include <set>

#include "chaos/local_reads.h"
#include "statemachine/register.h"
#include "statemachine/sessions.h"
#include "tests/chaos/simulation/runs.h"
#include "transport/request.messages.h"

using namespace lockstep;
using chaos::Judgement;
using chaos::ReadLevel;
using tests::swarm_run;
using transport::NodeId;
using transport::Witness;

namespace register_machine = statemachine::register_machine;

namespace {

/// Raft whose local reads are said to be linearizable.
chaos::System boastful_raft() {
  chaos::System system = *labs::find_system("raft");
  system.read_levels = [](const chaos::OptionValues& options) {
    auto levels = labs::find_system("raft")->read_levels(options);
    for (auto& level : levels) level.promise = ReadLevel::Promise::Linearizable;
    return levels;
  };
  return system;
}

/// Lets an observer see what nodes do in a run of two.
class Script {
 public:
  explicit Script(chaos::LocalReads& reads) : reads_(reads) {}

  void start(std::uint32_t node) {
    Witness started;
    started.kind = Witness::Kind::Started;
    started.node = NodeId{node};
    reads_.see(started);
  }

  void ask(std::uint32_t node, std::uint64_t sequence, const std::string& command,
           const std::string& options) {
    const auto request =
        transport::compose<transport::Request, transport::Request>([&](transport::Request& made) {
          made.set_client(1);
          made.set_sequence(sequence);
          made.set_command(command);
          made.set_read_only(!options.empty());
          made.set_options(options);
        });
    Witness asked;
    asked.kind = Witness::Kind::Requested;
    asked.node = NodeId{node};
    asked.client = transport::ClientId{1};
    asked.payload = &request;
    reads_.see(asked);
  }

  void answer(std::uint32_t node, std::uint64_t sequence, const std::string& result) {
    const auto reply =
        transport::compose<transport::Reply, transport::Reply>([&](transport::Reply& made) {
          made.set_client(1);
          made.set_sequence(sequence);
          made.set_result(result);
        });
    Witness answered;
    answered.kind = Witness::Kind::Replied;
    answered.node = NodeId{node};
    answered.client = transport::ClientId{1};
    answered.payload = &reply;
    reads_.see(answered);
  }

  void apply(std::uint32_t node, std::uint64_t index, std::uint64_t sequence,
             const std::string& command) {
    const auto bytes = statemachine::encode_session_command(1, sequence, 0, command);
    const transport::Claim claim = transport::Applied{{}, index, statemachine::digest_of(bytes), 0};
    Witness applied;
    applied.kind = Witness::Kind::Observed;
    applied.node = NodeId{node};
    applied.claim = &claim;
    reads_.see(applied);
  }

 private:
  chaos::LocalReads& reads_;
};

std::string read_of(const std::string& value) {
  auto machine = statemachine::find_machine("register")->make();
  machine.apply(register_machine::write(value));
  return machine.apply(register_machine::read());
}

}  // namespace

TEST_CASE("every level is drawn, recorded, and keeps its promise") {
  std::set<std::string> levels;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto result = simulate(swarm_run("raft", seed, 400, {{"read", "mixed_local"}}));
    CAPTURE(seed);
    CAPTURE(result.story);
    CHECK(result.judgement == Judgement::Holds);
    for (const auto& operation : result.history.operations) {
      const bool is_read = result.history.machine->read_only(operation.command);
      CHECK(operation.level.empty() == !is_read);
      levels.insert(operation.level);
    }
  }
  CHECK(levels == std::set<std::string>{"", "follower", "lease", "local", "log", "read_index"});
}

TEST_CASE("one level is chosen by name, and unknown ones are refused") {
  const auto result = simulate(swarm_run("raft", 1, 200, {{"read", "follower"}}));
  for (const auto& operation : result.history.operations) {
    CHECK((operation.level.empty() || operation.level == "follower"));
  }
  const auto spec = chaos::to_spec(describe(swarm_run("raft", 1, 200, {{"read", "eventual"}})),
                                   labs::find_system);
  CHECK(std::holds_alternative<chaos::DescriptionError>(spec));
}

TEST_CASE("local reads are not linearizable, which is why they do not promise it") {
  const auto boastful = boastful_raft();
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 1; seed <= 20 && wrong == 0; ++seed) {
    auto spec = swarm_run("raft", seed, 1000, {{"read", "local"}});
    spec.system = &boastful;
    const auto result = simulate(spec);
    wrong += result.judgement == Judgement::Wrong && result.detector == "linearizability";
  }
  CHECK(wrong > 0);
}

TEST_CASE("a replica that goes back in time is found, a restart excepted") {
  chaos::LocalReads reads(
      *statemachine::find_machine("register"), {"local"},
      statemachine::with_sessions(statemachine::find_machine("register")->make));
  Script script(reads);
  script.start(1);
  script.start(2);
  for (std::uint64_t at = 1; at <= 2; ++at) {
    const auto command = register_machine::write(at == 1 ? "a" : "b");
    script.ask(1, at, command, "");
    script.apply(1, at + 10, at, command);
  }
  const auto read = [&](std::uint32_t node, std::uint64_t sequence, const std::string& value) {
    script.ask(node, sequence, register_machine::read(), "local");
    script.answer(node, sequence, read_of(value));
  };
  read(2, 3, "b");
  CHECK_FALSE(reads.check());
  CHECK(reads.count() == 1);
  SUBCASE("back without a restart") {
    read(2, 4, "a");
    const auto found = reads.check();
    REQUIRE(found);
    CHECK(found->replica == "n2, start 1");
    CHECK(found->core.size() == 2);
  }
  SUBCASE("back after a restart") {
    script.start(2);
    read(2, 4, "a");
    CHECK_FALSE(reads.check());
  }
  SUBCASE("older than what the replica had applied") {
    read(1, 4, "a");
    const auto found = reads.check();
    REQUIRE(found);
    CHECK(found->core.size() == 1);
  }
  SUBCASE("asked again, the first answer counts") {
    script.ask(2, 4, register_machine::read(), "local");
    script.apply(2, 13, 5, register_machine::write("c"));
    script.ask(2, 4, register_machine::read(), "local");
    script.answer(2, 4, read_of("b"));
    CHECK_FALSE(reads.check());
  }
  SUBCASE("of no state") {
    read(2, 4, "c");
    CHECK(reads.check());
  }
}
