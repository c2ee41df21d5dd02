// Nodes in cages: they do what they do anywhere else.
#include "transport/process/sandbox.h"

#include <dirent.h>
#include <doctest/doctest.h>
#include <sys/wait.h>

#include "tests/transport/pinger_run.h"

namespace lockstep::tests {
namespace {

using transport::Sandbox;
using transport::SandboxOptions;

SandboxOptions options() {
  SandboxOptions options;
  options.module = PINGER_MODULE;
  return options;
}

std::unique_ptr<Sandbox> open(const SandboxOptions& wanted) {
  auto sandbox = Sandbox::open(wanted);
  if (const auto* problem = std::get_if<std::string>(&sandbox)) FAIL(*problem);
  return std::move(std::get<std::unique_ptr<Sandbox>>(sandbox));
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

TEST_CASE("a run in a sandbox has the digest of one in one process") {
  const auto own = run_pingers(own_pinger(), transport::in_process());
  const std::size_t before = open_descriptors();
  {
    const auto sandbox = open(options());
    MESSAGE(sandbox->isolation().account());
    CHECK(own == run_pingers(remote_pinger(false), sandbox->hosts()));
    CHECK(own == run_pingers(remote_pinger(false), sandbox->hosts()));
    CHECK(sandbox->lives() == 14);
    CHECK(sandbox->output().empty());
  }
  CHECK(open_descriptors() == before);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a perturbed run has the same digest, if the node depends on nothing it should not") {
  auto perturbed = options();
  perturbed.perturbation = 12345;
  CHECK(run_pingers(own_pinger(), transport::in_process()) ==
        run_pingers(remote_pinger(false), open(perturbed)->hosts()));
}

TEST_CASE("a level that cannot be had, a missing module and a missing cage are problems") {
  auto impossible = options();
  impossible.required_level = 9;
  const auto refused = Sandbox::open(impossible);
  REQUIRE(std::holds_alternative<std::string>(refused));
  CHECK(std::get<std::string>(refused).find("isolation level 9 is required") == 0);

  auto missing = options();
  missing.module = "/nowhere/module.so";
  CHECK(std::get<std::string>(Sandbox::open(missing)).find("/nowhere/module.so") == 0);

  auto uncaged = options();
  uncaged.cage_program = "/nowhere/cage";
  CHECK(std::get<std::string>(Sandbox::open(uncaged)).find("/nowhere/cage") == 0);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

}  // namespace
}  // namespace lockstep::tests
