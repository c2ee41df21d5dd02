#include <fmt/core.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "chaos/many_seeds.h"
#include "chaos/smaller_run.h"
#include "chaos/trace.h"
#include "labs/cli/account.h"
#include "labs/cli/commands.h"
#include "labs/cli/run_options.h"
#include "labs/cli/seeds_account.h"

namespace lockstep::labs {

using chaos::RunResult;
using chaos::RunSpec;

namespace {

constexpr int kUsage = 2;
constexpr std::uint64_t kShrinkBudget = 400;

struct RunCommand {
  RunOptions options;
  std::uint64_t seed = 1;
  std::string seeds;
  std::uint32_t workers = 0;
  bool stop_at_first = false;
  bool shrink = false;
  bool json = false;
  std::string trace;
};

int refuse(const UsageError& error) {
  fmt::print(stderr, "lockstep run: {}\n", error.message);
  return kUsage;
}

std::optional<chaos::SeedRange> parse_range(const std::string& text) {
  const auto dots = text.find("..");
  if (dots == std::string::npos) return std::nullopt;
  chaos::SeedRange range;
  const auto read = [](std::string_view part, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return !part.empty() && error == std::errc{} && end == part.data() + part.size();
  };
  const std::string_view whole = text;
  if (!read(whole.substr(0, dots), range.first)) return std::nullopt;
  if (!read(whole.substr(dots + 2), range.last)) return std::nullopt;
  if (range.first > range.last || range.count() == 0) return std::nullopt;
  return range;
}

/// The smallest run that fails in the same way, with its plan in a file beside the user.
RunSpec shrunk(const RunSpec& failing, const RunResult& wanted) {
  const auto fails = [&](const RunSpec& attempt) {
    return same_failure(simulate(attempt), wanted);
  };
  RunSpec small = chaos::smallest_run(failing, fails, kShrinkBudget);
  const std::string file = fmt::format("{}-{}.plan", failing.system->name, failing.seed);
  if (!(std::ofstream(file) << to_text(small.plan))) {
    fmt::print(stderr, "lockstep run: {}: cannot be written\n", file);
  }
  small.replay = chaos::command_line(small, file);
  fmt::print(
      "\nThe smallest plan found that fails in the same way has {} of {} faults; it is in "
      "{}:\n\n{}\n",
      small.plan.fault_size(), failing.plan.fault_size(), file, to_text(small.plan));
  return small;
}

int run_one(const RunCommand& command) {
  auto resolved = command.options.resolve(command.seed);
  if (const auto* error = std::get_if<UsageError>(&resolved)) return refuse(*error);
  const auto& spec = std::get<RunSpec>(resolved);
  RunResult result;
  if (command.trace.empty()) {
    result = simulate(spec);
  } else {
    auto recorded = chaos::record(spec);
    if (const auto problem = chaos::write_trace(command.trace, recorded.trace)) {
      return refuse({*problem});
    }
    result = std::move(recorded.result);
  }
  if (command.json) {
    fmt::print(
        "{}\n",
        account_json(spec, result).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", account(spec, result));
  }
  if (command.shrink && exit_code(result.judgement) == 1) {
    const RunSpec small = shrunk(spec, result);
    fmt::print("{}", account(small, simulate(small)));
  }
  return exit_code(result.judgement);
}

int run_seeds(const RunCommand& command, chaos::SeedRange range) {
  auto resolved = command.options.resolve(range.first);
  if (const auto* error = std::get_if<UsageError>(&resolved)) return refuse(*error);
  const auto spec = [&](std::uint64_t seed) {
    return std::get<RunSpec>(command.options.resolve(seed));
  };
  const auto run = [&](std::uint64_t seed) { return simulate(spec(seed)); };
  chaos::ManySeedsOptions many;
  many.range = range;
  many.workers = command.workers != 0 ? command.workers
                                      : static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN));
  many.stop_at_first = command.stop_at_first;
  Progress progress(range.count());
  many.progress = [&](std::uint64_t done, std::uint64_t failed) { progress.show(done, failed); };
  const auto result = chaos::run_many(many, run);
  progress.clear();
  const auto& first = std::get<RunSpec>(resolved);
  if (command.json) {
    fmt::print("{}\n", seeds_json(first, range, result).dump(2));
  } else {
    const auto replay = [&](std::uint64_t seed) { return spec(seed).replay; };
    fmt::print("{}", seeds_account(first, range, result, replay));
  }
  if (command.shrink) {
    for (const auto& seed : result.seeds) {
      if (!failed(seed)) continue;
      RunCommand one = command;
      one.seed = seed.seed();
      return run_one(one);
    }
  }
  return exit_code(result);
}

int execute(const RunCommand& command) {
  if (command.seeds.empty()) return run_one(command);
  const auto range = parse_range(command.seeds);
  if (!range) {
    return refuse({fmt::format("--seeds {}: expected a range such as 1..1000", command.seeds)});
  }
  if (!command.trace.empty()) {
    return refuse({"--trace records one run: use it with --seed, not with --seeds"});
  }
  return run_seeds(command, *range);
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto* app_command =
      app.add_subcommand("run", "Run a system under faults and check what its clients saw");
  auto command = std::make_shared<RunCommand>();
  app_command->add_option("system", command->options.system, "See `lockstep systems`")->required();
  app_command->add_option("--seed", command->seed, "The seed of one run")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app_command->add_option("--seeds", command->seeds, "Many runs, as in 1..1000")
      ->excludes("--seed");
  command->options.add_to(*app_command);
  app_command
      ->add_option("--node", command->options.node_command,
                   "Each node is this command, in any language; see docs/node-protocol.md")
      ->excludes("--wire")
      ->excludes("--check")
      ->excludes("--child-processes");
  app_command
      ->add_option("--workers", command->workers, "Processes for --seeds (default: one per core)")
      ->check(CLI::Range(1, 256));
  app_command->add_flag("--stop-at-first", command->stop_at_first,
                        "End --seeds at the smallest seed that fails");
  app_command->add_flag("--shrink", command->shrink,
                        "Make the (first) failing run smaller and write its fault plan");
  app_command->add_flag("--json", command->json, "Print JSON");
  app_command->add_option("--trace", command->trace, "Write the run to this file, for `replay`");
  app_command->footer(
      "Examples:\n"
      "  lockstep run raft\n"
      "  lockstep run raft --nodes 3 --seeds 1..10000\n"
      "  lockstep run abd --option write_back=off --seeds 1..200 --shrink");
  app_command->callback([command, &action] { action = [command] { return execute(*command); }; });
}

}  // namespace lockstep::labs
