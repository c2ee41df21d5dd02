// Nodes that are programs of their own, in any language.
#include "transport/process/commanded.h"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "tests/transport/abd_run.h"
#include "tests/transport/toy.h"

namespace lockstep::tests {
namespace {

using transport::commanded_processes;
using transport::in_a_shell;
using transport::NodeEnd;
using transport::NodeProcessError;

/// How a node of this command ends when it is started.
transport::NodeDeath death_of(std::vector<std::string> command) {
  const auto make = commanded_processes(std::move(command), {.silence = std::chrono::seconds(1)});
  const transport::Hosted<Toy> prototype{Toy::Options{}};
  transport::World world;
  try {
    make(prototype)->handle(world, {});
  } catch (const NodeProcessError& error) {
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
    return error.death();
  }
  return {NodeEnd::Infrastructure, "lives", {}};
}

TEST_CASE("a node in Python does what the one in C++ does, to the last bit") {
  const auto own = run_abd(transport::in_process(), 7);
  CHECK(own == run_abd(commanded_processes(in_a_shell(PYTHON_NODE)), 7));
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a command that is no node is told apart") {
  CHECK(death_of({"false"}).happened == "exited with code 1");
  CHECK(death_of(in_a_shell("kill -11 $$")).end == NodeEnd::Signal);
  CHECK(death_of({"sleep", "4713"}).end == NodeEnd::Silent);
  CHECK(death_of({"/nowhere/node"}).happened.find("cannot be started: /nowhere/node") == 0);
}

TEST_CASE("a command that echoes what it hears is no node") {
  // The event comes back, and is no Effects, or one of the wrong version.
  CHECK(death_of({"cat"}).end == NodeEnd::Protocol);
}

}  // namespace
}  // namespace lockstep::tests
