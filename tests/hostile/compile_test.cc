// Files that attack the compiler, or the grader through it.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "transport/process/caged_command.h"

namespace lockstep::tests {
namespace {

namespace fs = std::filesystem;
using transport::CommandResult;
using Limit = CommandResult::Limit;

constexpr const char* kSecret = "the_hidden_answer";

/// A folder to compile in, and a file of the grader's beside it.
class Workshop {
 public:
  Workshop() {
    std::string name = "/tmp/workshop-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
    fs::permissions(root_, fs::perms::owner_all | fs::perms::others_exec);
    fs::create_directory(root_ / "own");
    std::ofstream(root_ / "hidden") << kSecret << "\n";
  }
  ~Workshop() { fs::remove_all(root_); }

  CommandResult compile(const std::string& submission) const {
    fs::copy_file(fs::path(HOSTILE_SUBMISSIONS) / (submission + ".cc"), root_ / "own/node.cc",
                  fs::copy_options::overwrite_existing);
    transport::CagedCommand command;
    command.command = {HOSTILE_COMPILER, "-std=c++20",
                       "-DHIDDEN=\"" + (root_ / "hidden").string() + "\"", "-c", "node.cc"};
    command.environment = {"PATH=/usr/bin:/bin", "LANG=C", "TMPDIR=" + (root_ / "own").string()};
    command.readable = {"/usr", "/bin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache"};
    command.writable = (root_ / "own").string();
    command.limits.cpu = std::chrono::seconds(4);
    command.limits.wall = std::chrono::seconds(60);
    command.limits.memory_bytes = 1u << 30;
    command.limits.file_bytes = 64u << 20;
    command.limits.output_bytes = 256 * 1024;
    auto result = transport::run_caged(command);
    if (const auto* problem = std::get_if<std::string>(&result)) FAIL(*problem);
    return std::get<CommandResult>(result);
  }

  /// Whether the grader's file is in the object.
  bool object_holds_secret() const {
    std::ifstream in(root_ / "own/node.o", std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return bytes.str().find(kSecret) != std::string::npos;
  }

 private:
  fs::path root_;
};

TEST_CASE("an honest file compiles in the cage") {
  const auto result = Workshop().compile("c0_honest");
  CHECK(result.output == "");
  CHECK(result.succeeded());
}

TEST_CASE("no file learns what the grader hides") {
  for (const char* submission :
       {"b74_include_hidden", "b74_has_include", "b75_incbin", "b83_plugin_pragma"}) {
    INFO("submission " << std::string(submission));
    const Workshop workshop;
    const auto result = workshop.compile(submission);
    CHECK(result.output.find(kSecret) == std::string::npos);
    CHECK(result.output.find("can be seen") == std::string::npos);
    CHECK_FALSE(workshop.object_holds_secret());
  }
  CHECK_FALSE(Workshop().compile("b74_include_hidden").succeeded());
  CHECK_FALSE(Workshop().compile("b75_incbin").succeeded());
}

TEST_CASE("no file makes the compiler work for ever, or fill the disk") {
  for (const char* submission :
       {"b78_recursive_include", "b79_recursive_template", "b79_endless_constant",
        "b80_giant_array", "b81_flood_of_errors"}) {
    INFO("submission " << std::string(submission));
    const auto result = Workshop().compile(submission);
    INFO("limit " << std::string(name_of(result.limit)));
    CHECK_FALSE(result.succeeded());
    CHECK(result.limit != Limit::WallTime);
    CHECK(result.output.size() <= 256 * 1024);
  }
}

TEST_CASE("no device is read without end") {
  // One compiler refuses such a file, another takes it for an empty one.
  for (const char* submission : {"b77_endless_include", "b77_random_include"}) {
    INFO("submission " << std::string(submission));
    CHECK(Workshop().compile(submission).limit == Limit::None);
  }
}

}  // namespace
}  // namespace lockstep::tests
