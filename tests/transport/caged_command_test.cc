// Programs that are run once in a cage.
#include "transport/process/caged_command.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace lockstep::tests {
namespace {

using transport::CagedCommand;
using transport::CommandResult;
using Limit = CommandResult::Limit;
namespace fs = std::filesystem;

/// A folder with a canary beside it that nobody in the cage may see.
class Ground {
 public:
  Ground() {
    std::string name = "/tmp/caged-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root_ = name;
    fs::permissions(root_, fs::perms::owner_all | fs::perms::others_exec);
    fs::create_directories(root_ / "own" / "inner");
    std::ofstream(root_ / "canary") << "the answer";
  }
  ~Ground() { fs::remove_all(root_); }

  CagedCommand shell(const std::string& script) const {
    CagedCommand command;
    command.command = {"/bin/sh", "-c", script};
    command.environment = {"PATH=/usr/bin:/bin"};
    command.readable = {"/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"};
    command.writable = (root_ / "own").string();
    return command;
  }

  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

CommandResult result_of(const CagedCommand& command) {
  auto result = transport::run_caged(command);
  if (const auto* problem = std::get_if<std::string>(&result)) FAIL(*problem);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  return std::get<CommandResult>(result);
}

CommandResult result_of(const std::string& script) {
  const Ground ground;
  return result_of(ground.shell(script));
}

/// False if some process still sleeps that long.
bool nobody_sleeps(const std::string& seconds) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "cmdline");
    std::string line;
    std::getline(in, line);
    if (line == std::string("sleep\0", 6) + seconds + std::string(1, '\0')) return false;
  }
  return true;
}

TEST_CASE("a caged command runs, prints, and says how it ended") {
  const auto good = result_of("echo hello; echo trouble >&2");
  CHECK(good.succeeded());
  CHECK(good.output == "hello\ntrouble\n");
  CHECK(good.isolation.level >= 1);
  CHECK(result_of("exit 7").exit_code == 7);
  CHECK(result_of("kill() { return 1; }; /nowhere/program").exit_code == 127);
}

TEST_CASE("a caged command writes its own folder and nothing else") {
  const Ground ground;
  CHECK(result_of(ground.shell("echo kept > file && cat file")).output == "kept\n");
  CHECK(result_of(ground.shell("echo kept > inner/file && cat inner/file")).output == "kept\n");
  CHECK(fs::exists(ground.root() / "own" / "file"));
  const auto canary = (ground.root() / "canary").string();
  const auto blocked = result_of(ground.shell("cat " + canary + "; echo x > " + canary +
                                              "; echo x > /tmp/caged_escape; ls /root"));
  CHECK(blocked.output.find("the answer") == std::string::npos);
  CHECK(blocked.exit_code != 0);
  CHECK_FALSE(fs::exists("/tmp/caged_escape"));
  CHECK(std::getenv("PATH") != nullptr);
  CHECK(result_of(ground.shell("echo ${HOME-none}")).output == "none\n");
}

TEST_CASE("what a caged command leaves behind is ended") {
  CHECK(result_of("sleep 4711 & (sleep 4711 &) & setsid sleep 4711 & exit 0").succeeded());
  CHECK(nobody_sleeps("4711"));
}

TEST_CASE("a caged command hits its limits") {
  const Ground ground;
  auto spin = ground.shell("while :; do :; done");
  spin.limits.cpu = std::chrono::seconds(1);
  CHECK(result_of(spin).limit == Limit::CpuTime);

  auto sleep = ground.shell("sleep 4712");
  sleep.limits.wall = std::chrono::milliseconds(300);
  CHECK(result_of(sleep).limit == Limit::WallTime);
  CHECK(nobody_sleeps("4712"));

  auto flood = ground.shell("while :; do echo flood flood flood flood; done");
  flood.limits.output_bytes = 10'000;
  const auto flooded = result_of(flood);
  CHECK(flooded.limit == Limit::Output);
  CHECK(flooded.output.size() == 10'000);

  auto file = ground.shell("exec dd if=/dev/zero of=big bs=65536 count=100");
  file.limits.file_bytes = 1u << 20;
  CHECK(result_of(file).limit == Limit::FileSize);
}

}  // namespace
}  // namespace lockstep::tests
