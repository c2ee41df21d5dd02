// The promises of Raft's reads are sharp: for each way to read, a command whose promise holds, and
// one that goes a step further and breaks it. docs/raft.md lists the same commands.
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

/// What `./lockstep run raft ARGUMENTS` says, called from the root of the repository.
Outcome run(const std::string& arguments) {
  const std::string command =
      "cd '" LOCKSTEP_ROOT "' && '" LOCKSTEP_PROGRAM "' run raft " + arguments + " --json";
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
    holds("--option read=" + read);
    is_broken("--nodes 3 --option read=" + read +
                  " --faults docs/plans/lying_disks.plan --beyond-promise",
              "promise survives a restart");
  }
}

TEST_CASE("reads by lease hold within the margin, and are stale beyond it") {
  const std::string lease =
      "--nodes 3 --option read=lease --option election_timeout=1s..1100ms --faults docs/plans/";
  holds(lease + "lease_within_margin.plan");
  is_broken(lease + "lease_beyond_margin.plan --beyond-promise", "Reads See What Was Committed");
  CHECK(run(lease + "lease_beyond_margin.plan 2>/dev/null").code == 2);
}

TEST_CASE("local reads hold in order at each replica, and are not linearizable") {
  holds("--option read=local");
  is_broken("--option read=local --promise linearizable", "linearizability");
}
