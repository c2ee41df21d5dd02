// What a step of a simulation costs and where it goes: `./lockstep bench simulator`.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/bench/rounds.h"
#include "tests/bench/simulator_subjects.h"

namespace lockstep::bench {
namespace {

using Kind = SubjectKind;

/// One row of the table of what a step of Raft costs, in nanoseconds.
struct Part {
  std::string name;
  double nanoseconds;
  std::string how;
};

const Measured& of(const std::vector<Measured>& all, Kind kind) {
  return all[static_cast<std::size_t>(kind)];
}

/// Takes a step of Raft with everything on apart, by differences between subjects.
std::vector<Part> parts_of_a_step(const std::vector<Measured>& all, double writes_per_step) {
  const auto cost = [&](Kind kind) { return of(all, kind).nanoseconds; };
  const Measured& bare = of(all, Kind::RaftBare);
  const Measured& echo = of(all, Kind::Message);
  const Measured& stored = of(all, Kind::StoredMessage);
  const double loop = cost(Kind::Loop);
  // A step of the echo is a message, and so is a handler call of Raft and an answer to a client.
  const double message =
      (echo.nanoseconds - loop) * (bare.handlers_per_step + bare.commits_per_step);
  const double write = stored.nanoseconds / stored.handlers_per_step - echo.nanoseconds;
  // The writes of a stored message are the record, and its erasure later; so are those of Raft.
  const double storage = write * writes_per_step / 2;
  return {
      {"loop", loop, "an event that does nothing"},
      {"message", message, "built, sent and delivered to a handler that does nothing"},
      {"storage", storage, "a record put, made durable, and erased later"},
      {"handler", bare.nanoseconds - loop - message - storage,
       "Raft and the machine: what remains"},
      {"digest", cost(Kind::RaftDigest) - bare.nanoseconds, "of every event and its content"},
      {"monitors", cost(Kind::RaftMonitors) - cost(Kind::RaftDigest), "the rules of Raft"},
      {"injector", cost(Kind::RaftInjector) - cost(Kind::RaftMonitors),
       "loses and repeats messages"},
  };
}

void print_table(const std::vector<Measured>& all, const std::vector<Part>& parts) {
  const double loop = of(all, Kind::Loop).nanoseconds;
  double sum = 0;
  for (const Part& part : parts) sum += part.nanoseconds;
  fmt::print("Raft, 5 nodes, 16 requests under way, one core. A step is an event of the loop.\n\n");
  fmt::print("{:<10} {:>8} {:>7} {:>7}\n", "a step", "ns", "share", "x loop");
  for (const Part& part : parts) {
    fmt::print("{:<10} {:>8.1f} {:>6.1f}% {:>7.2f}  {}\n", part.name, part.nanoseconds,
               100 * part.nanoseconds / sum, part.nanoseconds / loop, part.how);
  }
  fmt::print("{:<10} {:>8.1f} {:>6.1f}% {:>7.2f}\n\n", "all", sum, 100.0, sum / loop);
  fmt::print("{:<36} {:>8} {:>7} {:>11} {:>11} {:>11} {:>9} {:>11}\n", "", "ns/step", "x loop",
             "steps/s", "commits/s", "messages/s", "seeds/s", "allocs/step");
  for (const Measured& row : all) {
    const auto rate = [](double value) { return value == 0 ? "" : fmt::format("{:.0f}", value); };
    fmt::print("{:<36} {:>8.1f} {:>7.2f} {:>11} {:>11} {:>11} {:>9} {:>11.3f}\n", row.name,
               row.nanoseconds, row.nanoseconds / loop, rate(row.steps_per_second()),
               rate(row.commits_per_second()), rate(row.messages_per_second()),
               rate(row.seeds_per_second()), row.allocations_per_step);
  }
  const Measured& seeds = of(all, Kind::Seeds);
  fmt::print("\nA seed executes {:.0f} requests in ten virtual seconds.\n",
             seeds.commits_per_step / seeds.seeds_per_step);
}

nlohmann::json to_json(const std::vector<Measured>& all, const std::vector<Part>& parts) {
  nlohmann::json json;
  for (const Part& part : parts) json["step_ns"][part.name] = part.nanoseconds;
  for (const Measured& row : all) {
    json["rows"].push_back({{"name", row.name},
                            {"ns_per_step", row.nanoseconds},
                            {"x_loop", row.nanoseconds / of(all, Kind::Loop).nanoseconds},
                            {"steps_per_second", row.steps_per_second()},
                            {"handlers_per_second", row.handlers_per_second()},
                            {"commits_per_second", row.commits_per_second()},
                            {"messages_per_second", row.messages_per_second()},
                            {"seeds_per_second", row.seeds_per_second()},
                            {"allocations_per_step", row.allocations_per_step}});
  }
  return json;
}

int main_of(int argc, char** argv) {
  CLI::App app(
      "Measures where the time of a simulation goes. All configurations take short turns, so that\n"
      "their ratios hold even on a busy machine. Times are CPU time of one core, medians.\n\n"
      "  ./lockstep bench simulator\n  ./lockstep bench simulator --json > speed.json");
  bool as_json = false;
  int turns = 31;
  int milliseconds = 100;
  app.add_flag("--json", as_json, "JSON instead of a table");
  app.add_option("--turns", turns, "turns for each configuration; medians are over these")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--milliseconds", milliseconds, "CPU time of a turn")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const double writes = raft_writes_per_step();
  const auto all = take_turns(simulator_subjects(), turns, milliseconds);
  const auto parts = parts_of_a_step(all, writes);
  if (as_json) {
    std::cout << to_json(all, parts).dump(2) << "\n";
  } else {
    print_table(all, parts);
  }
  return 0;
}

}  // namespace
}  // namespace lockstep::bench

int main(int argc, char** argv) { return lockstep::bench::main_of(argc, argv); }
