// The command `replay`: what it refuses, and that a file shows what the run itself shows.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "labs/cli/commands.h"
#include "tests/chaos/trace/samples.h"

namespace lockstep::chaos {
namespace {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Sends a stream into a file for as long as it lives.
class Redirected {
 public:
  Redirected(std::FILE* stream, const std::string& path)
      : stream_(stream), kept_(::dup(::fileno(stream))) {
    std::fflush(stream_);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    ::dup2(file, ::fileno(stream_));
    ::close(file);
  }
  ~Redirected() {
    std::fflush(stream_);
    ::dup2(kept_, ::fileno(stream_));
    ::close(kept_);
  }

 private:
  std::FILE* stream_;
  int kept_;
};

class Stage {
 public:
  Stage() {
    std::string name = (std::filesystem::temp_directory_path() / "replay_test_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~Stage() { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name) const { return folder_ / name; }

  Outcome replay(std::vector<std::string> arguments) const {
    CLI::App app;
    labs::Action action;
    labs::add_replay(app, action);
    arguments.insert(arguments.begin(), "replay");
    std::reverse(arguments.begin(), arguments.end());
    Outcome outcome;
    {
      const Redirected out(stdout, file("out"));
      const Redirected err(stderr, file("err"));
      app.parse(arguments);
      outcome.code = action();
    }
    outcome.out = slurp(file("out"));
    outcome.err = slurp(file("err"));
    return outcome;
  }

 private:
  std::filesystem::path folder_;
};

TEST_CASE("a trace file is printed") {
  const Stage stage;
  REQUIRE(write_trace(stage.file("a.trace"), small_trace()) == std::nullopt);
  const auto shown = stage.replay({stage.file("a.trace")});
  CHECK(shown.code == 0);
  CHECK(shown.err.empty());
  CHECK(shown.out == printed(small_trace()));
}

TEST_CASE("a system is run again and looks as its file does") {
  const Stage stage;
  const std::vector<std::string> run = {"abd",    "--nodes", "3",        "--ops", "50",
                                        "--seed", "4",       "--faults", "none"};
  const auto again = stage.replay(run);
  CHECK(again.code == 0);
  CHECK(lines_with(again.out, "Query{").size() > 10);
  CHECK(again.out == stage.replay(run).out);
}

TEST_CASE("filters come from the command line") {
  const Stage stage;
  REQUIRE(write_trace(stage.file("a.trace"), small_trace()) == std::nullopt);
  const auto at = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), stage.file("a.trace"));
    return stage.replay(flags);
  };
  TraceFilter filter;
  filter.nodes = {1, 3};
  filter.messages = {"Query"};
  CHECK(at({"--node", "1", "--message", "Query", "--node", "3"}).out ==
        printed(small_trace(), filter));
  filter = {};
  filter.follow = RequestName{1, 1};
  filter.until = Moment{false, 20'000'000};
  CHECK(at({"--follow", "1:1", "--until", "20"}).out == printed(small_trace(), filter));
  CHECK(at({"--json"}).out == printed(small_trace(), {}, {120, false, true}));
}

TEST_CASE("what cannot be shown is refused with exit code 2 and a reason") {
  const Stage stage;
  REQUIRE(write_trace(stage.file("a.trace"), small_trace()) == std::nullopt);
  std::ofstream(stage.file("cut.trace")) << small_trace().substr(0, 500);
  const auto refusal = [&](const std::vector<std::string>& arguments) {
    const auto outcome = stage.replay(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  const std::string good = stage.file("a.trace");
  CHECK(refusal({"rfat"}).find("neither a file nor a system, did you mean \"raft\"") !=
        std::string::npos);
  CHECK(refusal({"quite/other"}).find("there are: abd") != std::string::npos);
  CHECK(refusal({stage.file("cut.trace")}).find("cut.trace: byte ") != std::string::npos);
  CHECK(refusal({good, "--seed", "3"}).find("--seed says what to run") != std::string::npos);
  CHECK(refusal({good, "--node", "9"}).find("--node 9: the nodes are 1, 2, 3") !=
        std::string::npos);
  CHECK(refusal({good, "--message", "Qeury"}).find("there are: Query") != std::string::npos);
  CHECK(refusal({good, "--from", "soon"}).find("--from soon: expected milliseconds") !=
        std::string::npos);
  CHECK(refusal({good, "--follow", "1"}).find("--follow 1: expected a client") !=
        std::string::npos);
}

}  // namespace
}  // namespace lockstep::chaos
