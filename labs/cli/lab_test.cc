// `lockstep lab test`: builds what changed and runs the public tests, once or after every change.
#include <fmt/core.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "labs/cli/lab_suite.h"

namespace lockstep::labs {
namespace {

constexpr int kUsage = 2;
constexpr int kInfrastructure = 3;

struct TestCommand {
  LabTarget target;
  std::vector<std::string> tests;
  std::uint64_t seed = 0;
  std::uint64_t seeds = 0;
  std::uint64_t pages = 0;  ///< 0: one, or all of tests that are named
  bool hint = false;
  bool watch = false;
  std::vector<std::string> rest;
};

/// The test program's command line; nothing if a test is not known, which is then said.
std::optional<std::vector<std::string>> arguments_of(const TestCommand& command,
                                                     const OpenLab& open) {
  std::vector<std::string> arguments{open.workspace.suite_program(), "--command",
                                     command.target.command("test")};
  const auto add = [&](const char* name, std::uint64_t value) {
    if (value != 0) arguments.push_back(fmt::format("{}={}", name, value));
  };
  add("--seed", command.seed);
  add("--seeds", command.seeds);
  add("--pages", command.pages == 0 && command.tests.empty() ? 1 : command.pages);
  if (command.hint) {
    arguments.push_back("--hints-file=" + (open.workspace.output() / "hints.json").string());
  }
  std::string filter;
  for (const auto& name : command.tests) {
    const LabTest* found = open.lab->find(name);
    const bool is_pattern = name.find('*') != std::string::npos;
    if (found == nullptr && !is_pattern && require_test(*open.lab, name) == nullptr) return {};
    filter += (filter.empty() ? "" : ",") + (found != nullptr ? full_name(*found) : name);
  }
  if (!filter.empty()) arguments.push_back("--test-case=" + filter);
  arguments.insert(arguments.end(), command.rest.begin(), command.rest.end());
  return arguments;
}

/// Hears of changes in a folder, not of those in folders within.
class FolderWatch {
 public:
  explicit FolderWatch(const std::filesystem::path& folder) : queue_(inotify_init1(IN_CLOEXEC)) {
    const std::uint32_t changes = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE;
    works_ = queue_ >= 0 && inotify_add_watch(queue_, folder.c_str(), changes) >= 0;
  }
  ~FolderWatch() { close(queue_); }
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  bool works() const { return works_; }

  /// Waits until a file that a build may read has changed and no more changes follow; gives one of
  /// them.
  std::string await_change() {
    constexpr int kForever = -1;
    constexpr int kQuiet = 100;  // Milliseconds: editors write a file in several steps.
    std::string changed;
    while (await(changed.empty() ? kForever : kQuiet)) {
      for (const auto& name : read_names()) {
        if (is_source(name)) changed = name;
      }
    }
    return changed;
  }

 private:
  static bool is_source(const std::string& name) {
    if (name.empty() || name.front() == '.') return false;
    return name.ends_with(".cc") || name.ends_with(".h") || name.ends_with(".proto") ||
           name == "lab.json";
  }

  bool await(int milliseconds) const {
    pollfd waiting{queue_, POLLIN, 0};
    int ready = 0;
    while ((ready = poll(&waiting, 1, milliseconds)) < 0 && errno == EINTR) {
    }
    return ready > 0;
  }

  std::vector<std::string> read_names() const {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    const auto got = ::read(queue_, buffer.data(), buffer.size());
    std::vector<std::string> names;
    for (std::size_t at = 0; got > 0 && at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      if (event.len > 0) names.emplace_back(buffer.data() + at + sizeof(event));
      at += sizeof(event) + event.len;
    }
    return names;
  }

  int queue_;
  bool works_ = false;
};

void build_and_run(const TestCommand& command) {
  const auto open = build_suite(command.target);
  if (!open) return;
  if (const auto arguments = arguments_of(command, *open)) run_program(*arguments);
}

int watch(const TestCommand& command) {
  const auto open = open_lab(command.target);
  if (!open) return kUsage;
  FolderWatch folder(open->workspace.root);
  if (!folder.works()) {
    fmt::print(stderr, "lockstep lab: {} cannot be watched: {}\n", open->workspace.root.string(),
               std::strerror(errno));
    return kInfrastructure;
  }
  std::string changed;
  for (std::uint64_t round = 1;; ++round) {
    const std::string title = changed.empty() ? "" : changed + " changed";
    fmt::print("\n==== run {} ==== {}\n\n", round, title);
    build_and_run(command);
    fmt::print("\n==== waiting for a change in {} (Ctrl-C ends) ====\n",
               open->workspace.root.string());
    std::fflush(stdout);
    changed = folder.await_change();
  }
}

int test(const TestCommand& command) {
  if (command.watch) return watch(command);
  const auto open = build_suite(command.target);
  if (!open) return kUsage;
  const auto arguments = arguments_of(command, *open);
  return arguments ? become_program(*arguments) : kUsage;
}

}  // namespace

void add_lab_test(CLI::App& lab, Action& action) {
  auto* sub = lab.add_subcommand("test", "Build what changed and run the lab's tests");
  auto command = std::make_shared<TestCommand>();
  command->target.add_to(*sub);
  sub->add_option("-t,--test", command->tests, "Only this test, such as A.first_leader")
      ->allow_extra_args(false);
  sub->add_option("--seed", command->seed, "Only this seed")->check(CLI::PositiveNumber);
  sub->add_option("--seeds", command->seeds, "So many seeds of each test")
      ->check(CLI::PositiveNumber);
  sub->add_option("--pages", command->pages,
                  "Explain so many tests that fail (default: the first; all that --test names)")
      ->check(CLI::PositiveNumber);
  sub->add_flag("--hint", command->hint,
                "Show the next hint for the first test that fails: one more each time");
  sub->add_flag("--watch", command->watch, "Again after every change of a file");
  sub->add_option("arguments", command->rest, "After --: for the test program (doctest)");
  sub->footer(
      "Examples:\n"
      "  lockstep lab test raft\n"
      "  lockstep lab test raft --test A.first_leader --seed 7\n"
      "  lockstep lab test raft --test A.first_leader --hint\n"
      "  lockstep lab test raft --watch");
  sub->callback([command, &action] { action = [command] { return test(*command); }; });
}

}  // namespace lockstep::labs
