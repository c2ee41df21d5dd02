// Builds a cage around itself, as the referee on descriptor 3 wants it, and runs what it is told to
// inside: nodes from a module, or one command. Not to be called by hand.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "transport/process/cage/caged_command.h"
#include "transport/process/cage/confinement.h"
#include "transport/process/cage/landlock.h"
#include "transport/process/cage/zygote.h"
#include "transport/process/packets.h"

namespace lockstep::transport {
namespace {

constexpr int kControl = 3;
constexpr int kUnusable = 2;

FileRules file_rules(const process::CageSettings& settings) {
  FileRules rules;
  rules.readable = {"/dev/urandom", "/dev/random", "/dev/zero"};
  rules.readable.insert(rules.readable.end(), settings.readable().begin(),
                        settings.readable().end());
  if (!settings.module().empty()) rules.readable.push_back(settings.module());
  rules.writable = {"/dev/null"};
  if (!settings.writable().empty()) rules.writable.push_back(settings.writable());
  return rules;
}

/// Other processes get other numbers than in an execution without perturbation.
void skip_process_numbers(std::uint32_t perturbation) {
  constexpr std::uint32_t kVariety = 7;
  const std::uint32_t wanted = perturbation == 0 ? 0 : 1 + perturbation % kVariety;
  for (std::uint32_t skipped = 0; skipped < wanted; ++skipped) {
    const pid_t dummy = fork();
    if (dummy == 0) _exit(0);
    while (dummy > 0 && waitpid(dummy, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

class Cage {
 public:
  explicit Cage(const process::CageSettings& settings)
      : settings_(settings),
        runs_nodes_(settings.command().empty()),
        rules_(file_rules(settings)) {}

  /// False if nothing may run inside.
  bool build() {
    if (settings_.namespaces()) enter_namespaces(account_);
    skip_process_numbers(settings_.perturbation());
    own_folder(settings_);
    if (!drop_privileges(settings_.user(), account_)) return false;
    limit_all(settings_, account_);
    make_filter();
    // A command's keeper has to see processes; it closes this part of the cage inside.
    const auto reason = runs_nodes_ ? restrict_files(rules_) : file_rules_problem();
    account_.has_file_rules = account_.note("no files but its own", reason);
    return true;
  }

  process::CageReady account() const {
    process::CageReady ready;
    ready.set_level(static_cast<std::uint32_t>(level_of(account_, filtered_)));
    for (const auto& measure : account_.measures) ready.add_measures(measure);
    for (const auto& measure : account_.lacking) ready.add_lacking(measure);
    return ready;
  }

  void run(const std::vector<Descriptor>& descriptors) {
    if (runs_nodes_) return Zygote(kControl, settings_, filter_).run();
    if (!descriptors.empty()) {
      run_command(kControl, settings_, rules_, filter_, descriptors.front().get());
    }
  }

 private:
  void make_filter() {
    auto made = runs_nodes_ ? filter_for_nodes() : filter_for_commands();
    const auto* problem = std::get_if<std::string>(&made);
    filtered_ = account_.note("a filter of system calls", problem == nullptr ? "" : *problem);
    if (filtered_) filter_ = std::move(std::get<SyscallFilter>(made));
  }

  const process::CageSettings& settings_;
  bool runs_nodes_;
  FileRules rules_;
  Account account_;
  SyscallFilter filter_;
  bool filtered_ = false;
};

int run() {
  process::CageSettings settings;
  const auto descriptors = receive_packet(kControl, settings);
  if (!descriptors) return kUnusable;
  Cage cage(settings);
  const bool usable = cage.build();
  auto ready = cage.account();
  if (!usable) ready.set_problem("privileges cannot be given up");
  if (!send_packet(kControl, ready) || !usable) return kUnusable;
  cage.run(*descriptors);
  return 0;
}

}  // namespace
}  // namespace lockstep::transport

int main() {
  lockstep::transport::begin_alone();
  return lockstep::transport::run();
}
