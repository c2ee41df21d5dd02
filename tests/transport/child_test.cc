// Nodes in child processes: what they do, how they die, and what they leave behind.
#include "transport/process/child.h"

#include <dirent.h>
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>

#include "tests/transport/stage.h"

namespace lockstep::tests {
namespace {

using transport::ChildProcessOptions;
using transport::NodeProcessError;

transport::ClusterOptions in_children(ChildProcessOptions options = {}) {
  auto cluster = exact();
  cluster.host = transport::child_processes(options);
  return cluster;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

/// What the error says when n1 gets this script; empty if there is no error.
std::string failure(const std::string& script, ChildProcessOptions options = {}) {
  Stage stage(in_children(options));
  stage.order(1, script);
  try {
    stage.run_for(1s);
  } catch (const NodeProcessError& error) {
    CHECK(error.node() == node(1));
    return error.what();
  }
  return {};
}

TEST_CASE("a node in a child process stores, sends, asks, sets timers and answers") {
  Stage stage(in_children());
  stage.order(1, "put:a=1 put:b=2 erase:a send:2:hello early:3:now timer:7:50 reply:done");
  stage.order(2, "ask:3:reply,yes claim:4");
  stage.run_for(1s);
  CHECK(stage.heard(1) == "start:1 timer:7");
  CHECK(stage.heard(2) == "start:1 reply:yes hello");
  CHECK(stage.heard(3) == "start:1 now");
  CHECK(stage.replies == std::vector<std::string>{"c9.1 n1 done"});
  CHECK(stage.recorder.count("stored n1 a=1 b=2 a=(erased)") == 1);
  CHECK(stage.recorder.count("observed n2") == 1);
}

TEST_CASE("a restarted child is a new process with what the disk kept") {
  Stage stage(in_children());
  stage.order(1, "put:a=1");
  stage.run_for(20ms);
  stage.cluster.crash(node(1));
  CHECK(stage.heard(1) == "down");
  stage.cluster.restart(node(1));
  CHECK(stage.heard(1) == "start:2 stored:a=1");
}

TEST_CASE("log lines and the look at a clock come back from a child") {
  auto options = in_children();
  options.keeps_log = true;
  Stage stage(options);
  stage.order(1, "log:line clock");
  stage.run_for(1s);
  CHECK(stage.recorder.count("logged n1 line") == 1);
  CHECK(stage.heard(1) == "start:1 now:1000000");
}

TEST_CASE("a child that dies is an error that says how") {
  CHECK(failure("exit:5") == "the process of n1 exited with code 5");
  CHECK(failure("exit:0") == "the process of n1 exited with code 0");
  CHECK(failure("signal:15").find("the process of n1 died of signal 15") == 0);
  CHECK(failure("signal:9") == "the process of n1 was killed, or closed its pipe");
  CHECK(failure("hang_up").find("the process of n1 ") == 0);
  CHECK(failure("throw") == "the process of n1 exited with code 3");
}

TEST_CASE("bytes that are no answer are an error, whatever they claim to be") {
  CHECK(failure(std::string("garbage:\xff\xff\xff\xff", 12)) ==
        "the process of n1 sent a frame beyond the limit");
  CHECK(failure(std::string("garbage:\x04\0\0\0", 12)) ==
        "the process of n1 sent bytes that are no Effects");
  // A whole empty answer with more behind it.
  CHECK(failure(std::string("garbage:\0\0\0\0", 12)) ==
        "the process of n1 sent bytes that are no Effects");
}

TEST_CASE("a frame beyond the limit is an error in both directions") {
  const ChildProcessOptions small{300};
  CHECK(failure("reply:" + std::string(100, 'x'), small).empty());
  std::string negative_timers;  // Each takes more bytes as an effect than as a word.
  for (int i = 0; i < 20; ++i) negative_timers += "timer:1:-5 ";
  CHECK(failure(negative_timers, small) == "the process of n1 sent a frame beyond the limit");
  CHECK(failure("reply:" + std::string(400, 'x'), small).find("cannot be told") !=
        std::string::npos);
}

TEST_CASE("a child whose world was lost fails again at every further call") {
  const auto make = transport::child_processes();
  const transport::Hosted<Toy> prototype{Toy::Options{"exit:1"}};
  const auto host = make(prototype);
  transport::World world;
  world.self = node(4);
  CHECK_THROWS_AS(host->handle(world, {}), NodeProcessError);
  CHECK_THROWS_WITH(host->handle(world, {}), "the process of n4 exited with code 1");
  transport::Fields fields;
  CHECK_THROWS_AS(host->describe(fields), NodeProcessError);
}

TEST_CASE("malformed effects leave the image as it was") {
  const auto make = transport::child_processes();
  const transport::Hosted<Toy> prototype{Toy::Options{"put:a=1 timer:1:-5"}};
  const auto host = make(prototype);
  transport::World world;
  world.self = node(1);
  CHECK_THROWS_WITH(host->handle(world, {}),
                    "the process of n1 sent effects with a malformed payload, timer or claim");
  CHECK(world.image.empty());
  CHECK(world.effects.timers.empty());
}

TEST_CASE("children leave neither zombies nor descriptors, and do not hold each other's pipes") {
  const std::size_t before = open_descriptors();
  {
    Stage stage(in_children(), 5);
    for (int round = 0; round < 3; ++round) {
      for (std::uint32_t id = 1; id <= 5; ++id) {
        stage.cluster.crash(node(id));
        stage.cluster.restart(node(id));
      }
    }
    stage.order(1, "send:2:hello");
    stage.run_for(1s);
    CHECK(stage.heard(2) == "start:4 hello");
    // n1 was forked first: had a later child its pipe, its end would go unnoticed for ever.
    stage.order(1, "exit:0");
    CHECK_THROWS_AS(stage.run_for(1s), NodeProcessError);
  }
  CHECK(open_descriptors() == before);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a foreign message is dropped in a child as it is in one process") {
  for (const bool in_child : {false, true}) {
    transport::EventLoop loop;
    auto options = in_child ? in_children() : exact();
    transport::Cluster cluster(loop, options);
    cluster.add(node(1), std::make_unique<transport::Hosted<Toy>>(Toy::Options{}));
    cluster.add(node(2), std::make_unique<transport::Hosted<Other>>(Other::Options{}));
    cluster.start(node(1));
    cluster.start(node(2));
    transport::Request request;
    request.set_command("1");
    cluster.submit(transport::ClientId{9}, node(2),
                   transport::compose<transport::Request, transport::Request>(
                       [&](transport::Request& place) { place = request; }));
    loop.run_until(transport::Time{1s});
    CHECK(cluster.counts().foreign == 1);
    CHECK(cluster.describe(node(1)).values().size() == 1);
  }
}

}  // namespace
}  // namespace lockstep::tests
