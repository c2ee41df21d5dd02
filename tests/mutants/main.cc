// Breaks the protocols in known ways and sees who notices; see docs/mutants.md.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "tests/mutants/report.h"

namespace lockstep::mutants {
namespace {

constexpr int kSurvivors = 1;
constexpr int kUsage = 2;

struct Command {
  std::string source;
  std::string programs;
  std::string program;
  std::vector<std::string> names;
  std::string only = "all";
  std::uint32_t jobs = std::max(1u, std::thread::hardware_concurrency());
  bool json = false;
  HuntOptions options;
};

void add_options(CLI::App& app, Command& command) {
  app.add_option("--source", command.source, "The folder of the patches and scenarios")->required();
  app.add_option("--programs", command.programs, "Where the mutants were built")->required();
  app.add_option("--program", command.program, "The reference")->required();
  app.add_option("name", command.names, "Only these, such as vote_not_stored or raft");
  app.add_option("--only", command.only, "all, mutants, or others (reference and benign variants)")
      ->check(CLI::IsMember({"all", "mutants", "others"}));
  app.add_option("--seeds", command.options.seeds, "Seeds of the swarm, at most")
      ->capture_default_str();
  app.add_option_function<std::int64_t>(
      "--cpu", [&](std::int64_t value) { command.options.cpu = std::chrono::seconds(value); },
      "Seconds of CPU for a mutant's swarm, at most (default: 60)");
  app.add_option("--rate", command.options.rate,
                 "Also count the share of this many seeds that notice");
  app.add_flag("--quick", command.options.quick, "The first evidence is enough for a mutant");
  app.add_option("--jobs", command.jobs, "Variants at a time (default: one per core)")
      ->check(CLI::Range(1, 256));
  app.add_flag("--json", command.json, "Print JSON");
  app.footer(
      "Examples:\n"
      "  ./lockstep mutants\n"
      "  ./lockstep mutants vote_not_stored --rate 200\n\n"
      "Exit codes: 0 every mutant was noticed and all else passes; 1 not so; 2 usage error.");
}

bool is_wanted(const Variant& variant, const Command& command) {
  if (command.only == "mutants" && !variant.should_fail()) return false;
  if (command.only == "others" && variant.should_fail()) return false;
  return command.names.empty() ||
         std::any_of(command.names.begin(), command.names.end(), [&](const std::string& name) {
           return name == variant.name || name == variant.folder || name == variant.title();
         });
}

/// Prints each line as soon as all lines before it are known.
class Table {
 public:
  Table(std::size_t size, const HuntOptions& options) : lines_(size), options_(options) {
    fmt::print("{}", table_head(options));
  }

  void add(std::size_t at, const Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    lines_[at] = table_line(outcome, options_);
    for (; printed_ < lines_.size() && !lines_[printed_].empty(); ++printed_) {
      fmt::print("{}", lines_[printed_]);
    }
    std::fflush(stdout);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  const HuntOptions& options_;
  std::size_t printed_ = 0;
};

std::vector<Outcome> hunt_all(const std::vector<Variant>& variants,
                              const std::vector<Scenario>& scenarios, const Command& command) {
  std::vector<Outcome> outcomes(variants.size());
  std::optional<Table> table;
  if (!command.json) table.emplace(variants.size(), command.options);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t at = next++; at < variants.size(); at = next++) {
      outcomes[at] = hunt(variants[at], scenarios, command.options);
      if (table) table->add(at, outcomes[at]);
    }
  };
  std::vector<std::jthread> workers;
  for (std::uint32_t worker = 0; worker < command.jobs; ++worker) workers.emplace_back(work);
  workers.clear();
  return outcomes;
}

int run(const Command& command) {
  auto variants = find_variants(command.source, command.programs, command.program);
  std::erase_if(variants, [&](const Variant& variant) { return !is_wanted(variant, command); });
  if (variants.empty()) {
    fmt::print(stderr, "hunt: no mutant has such a name; they are the patches below {}\n",
               command.source);
    return kUsage;
  }
  const auto outcomes = hunt_all(variants, find_scenarios(command.source), command);
  if (command.json) {
    auto json = nlohmann::json::array();
    for (const auto& outcome : outcomes) json.push_back(to_json(outcome, command.options));
    fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", summary(outcomes));
  }
  return std::all_of(outcomes.begin(), outcomes.end(),
                     [](const Outcome& outcome) { return outcome.is_as_expected(); })
             ? 0
             : kSurvivors;
}

}  // namespace
}  // namespace lockstep::mutants

int main(int argc, char** argv) {
  CLI::App app{"Breaks the protocols in known ways and sees who notices.", "hunt"};
  lockstep::mutants::Command command;
  lockstep::mutants::add_options(app, command);
  try {
    app.parse(argc, argv);
    return lockstep::mutants::run(command);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : lockstep::mutants::kUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "hunt: {}\n", error.what());
    return lockstep::mutants::kUsage;
  }
}
