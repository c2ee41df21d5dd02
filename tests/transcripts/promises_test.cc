// Promises are sharp: for each a command that keeps it, and one that goes a step further and breaks
// it. docs/raft.md and docs/paxos.md list the same commands.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace {

struct Outcome {
  int code = -1;
  std::string judgement;
  std::string detector;
};

/// What `./lockstep run ARGUMENTS` says, called from the root of the repository.
Outcome run(const std::string& arguments) {
  const std::string command =
      "cd '" LOCKSTEP_ROOT "' && '" LOCKSTEP_PROGRAM "' run " + arguments + " --json";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> part{};
  while (const auto read = std::fread(part.data(), 1, part.size(), pipe)) {
    text.append(part.data(), read);
  }
  const int status = ::pclose(pipe);
  Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : -1, {}, {}};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return outcome;
  outcome.judgement = json.value("judgement", "");
  outcome.detector = json.value("detector", "");
  return outcome;
}

void holds(const std::string& arguments) {
  CAPTURE(arguments);
  const Outcome outcome = run(arguments);
  CHECK(outcome.code == 0);
  CHECK(outcome.judgement == "holds");
}

void is_broken(const std::string& arguments, const std::string& detector) {
  CAPTURE(arguments);
  const Outcome outcome = run(arguments);
  CHECK(outcome.code == 1);
  CHECK(outcome.judgement == "wrong");
  CHECK(outcome.detector == detector);
}

}  // namespace

TEST_CASE("reads through the log, by read index and at followers hold, but not on disks that lie") {
  for (const std::string read : {"log", "read_index", "follower"}) {
    holds("raft --option read=" + read);
    is_broken("raft --nodes 3 --option read=" + read +
                  " --faults docs/plans/lying_disks.plan --beyond-promise",
              "promise survives a restart");
  }
}

TEST_CASE("reads by lease hold within the margin, and are stale beyond it") {
  for (const std::string system : {"raft", "multi-paxos"}) {
    const std::string lease =
        system +
        " --nodes 3 --option read=lease --option election_timeout=1s..1100ms --faults docs/plans/";
    holds(lease + "lease_within_margin.plan");
    is_broken(lease + "lease_beyond_margin.plan --beyond-promise", "Reads See What Was Committed");
    CHECK(run(lease + "lease_beyond_margin.plan 2>/dev/null").code == 2);
  }
}

TEST_CASE("local reads hold in order at each replica, and are not linearizable") {
  holds("raft --option read=local");
  is_broken("raft --option read=local --promise linearizable", "linearizability");
}

TEST_CASE("quorum reads need no clock") {
  holds(
      "multi-paxos --nodes 3 --option read=quorum --option lease=off --default-options "
      "--option election_timeout=1s..1100ms --faults docs/plans/lease_beyond_margin.plan");
}

TEST_CASE("Paxos agrees with any quorums that meet, and not with others") {
  holds("paxos");
  holds("paxos --option accept_quorum=2");
  is_broken("paxos --option accept_quorum=2 --option prepare_quorum=3",
            "Proposals Need A Quorum Of Promises");
}

TEST_CASE("acceptors that write nothing down agree as long as none of them crashes") {
  holds("paxos --nodes 3 --faults docs/plans/forgetful_acceptors.plan");
  holds("paxos --option durable=off");
  is_broken(
      "paxos --nodes 3 --option durable=off --faults docs/plans/forgetful_acceptors.plan "
      "--beyond-promise",
      "Promises Only Grow");
}
