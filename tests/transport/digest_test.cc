// One digest for one run, however the nodes are hosted and whatever compiled them.
#include <doctest/doctest.h>

#include <set>

#include "consensus/abd/abd.h"
#include "statemachine/register.h"
#include "tests/transport/stage.h"
#include "transport/process/child.h"

namespace lockstep::tests {
namespace {

namespace register_machine = statemachine::register_machine;
using transport::ClusterOptions;
using transport::HostFactory;
using transport::Time;

struct Outcome {
  std::uint64_t digest = 0;
  std::uint64_t replies = 0;
  transport::ClusterCounts counts;
  bool operator==(const Outcome& other) const {
    return digest == other.digest && replies == other.replies &&
           counts.handlers == other.counts.handlers &&
           counts.message_bytes == other.counts.message_bytes;
  }
};

struct CountReplies final : transport::ReplySink {
  void on_reply(transport::ClientId, transport::NodeId, const transport::Reply&) override {
    ++replies;
  }
  std::uint64_t replies = 0;
};

transport::Envelope command(std::uint64_t client, std::uint64_t sequence) {
  return transport::compose<transport::Request, transport::Request>(
      [&](transport::Request& request) {
        request.set_client(client);
        request.set_sequence(sequence);
        request.set_command(sequence % 2 == 0
                                ? register_machine::read()
                                : register_machine::write("v" + std::to_string(sequence)));
      });
}

/// Five replicas, four clients, crashes with torn writes, loss, duplicates and a drifting clock.
Outcome run_abd(HostFactory host, std::uint64_t seed, bool keeps_log = false) {
  transport::EventLoop loop;
  ClusterOptions options;
  options.seed = seed;
  options.network.loss_ppm = 20'000;
  options.network.duplicate_ppm = 10'000;
  options.network.reorder_ppm = 50'000;
  options.host = std::move(host);
  options.keeps_log = keeps_log;
  transport::Cluster cluster(loop, options);
  CountReplies sink;
  cluster.set_reply_sink(&sink);
  for (std::uint32_t id = 1; id <= 5; ++id) {
    cluster.add(node(id),
                std::make_unique<transport::Hosted<consensus::Abd>>(consensus::Abd::Options{}));
  }
  for (std::uint32_t id = 1; id <= 5; ++id) cluster.start(node(id));
  cluster.clock(node(3)).drift(loop.now(), 10'000);
  for (std::uint64_t round = 1; round <= 60; ++round) {
    for (std::uint64_t client = 1; client <= 4; ++client) {
      cluster.submit(transport::ClientId{client},
                     node(static_cast<std::uint32_t>(1 + (round + client) % 5)),
                     command(client, round));
    }
    if (round % 10 == 3) cluster.tear_at_next_crash(node(2));
    if (round % 10 == 4) cluster.crash(node(2));
    if (round % 10 == 6) cluster.restart(node(2));
    if (round % 15 == 7) cluster.pause(node(4));
    if (round % 15 == 9) cluster.resume(node(4));
    loop.run_until(loop.now() + 20ms);
  }
  loop.run_until(loop.now() + 1s);
  const Outcome outcome{cluster.digest(), sink.replies, cluster.counts()};
  loop.clear();
  return outcome;
}

// The pin makes compilers, build types and machines comparable. It changes only with the meaning of
// a run: the draws, the order of events, ABD itself, or what the digest folds.
constexpr std::uint64_t kPinnedDigest = 0xAFB36A8E13700E77ull;

TEST_CASE("a run has one digest: by pointer, checked, through the wire, and in child processes") {
  const Outcome outcome = run_abd(transport::in_process(), 7);
  CHECK(outcome.replies > 200);
  CHECK(outcome.counts.crashes == 6);
  CHECK(outcome.counts.restarts == 6);
  CHECK(outcome.counts.lost > 50);
  CHECK(outcome.counts.duplicated > 20);
  CHECK(outcome == run_abd(transport::in_process(), 7));
  CHECK(outcome == run_abd(transport::in_process({.wire = true}), 7));
  CHECK(outcome == run_abd(transport::in_process({.check = true}), 7));
  CHECK(outcome == run_abd(transport::in_process({.wire = true, .check = true}), 7));
  CHECK(outcome == run_abd(transport::child_processes(), 7));
  CHECK(outcome.digest == kPinnedDigest);
}

TEST_CASE("another seed has another digest") {
  CHECK(run_abd(transport::in_process(), 7).digest != run_abd(transport::in_process(), 8).digest);
}

/// The digest of a toy run in which n1 gets this script.
std::uint64_t digest_of(const std::string& script, ClusterOptions options = exact()) {
  Stage stage(std::move(options));
  stage.order(1, script);
  stage.run_for(1s);
  return stage.cluster.digest();
}

TEST_CASE("log lines are read or not, and never change a digest") {
  auto logging = exact();
  logging.keeps_log = true;
  CHECK(digest_of("log:seen send:2:a", logging) == digest_of("log:seen send:2:a"));
}

/// The digest of a run in which n1 records these effects in answer to one and the same request.
std::uint64_t digest_of_start(const std::string& on_start) {
  Stage stage(exact(), 1, on_start);
  return stage.cluster.digest();
}

TEST_CASE("what a handler writes, sends and claims changes the digest, whatever becomes of it") {
  const std::set<std::uint64_t> digests{
      digest_of_start(""),          digest_of_start("put:a=1"),
      digest_of_start("put:a=2"),   digest_of_start("put:b=1"),
      digest_of_start("claim:1"),   digest_of_start("claim:2"),
      digest_of_start("send:2:x"),  digest_of_start("send:3:x"),
      digest_of_start("send:2:y"),  digest_of_start("put:a=1 erase:a"),
      digest_of_start("ask:2:x"),   digest_of_start("put:a=1 put:a=a"),
      digest_of_start("early:2:x"), digest_of_start("put:a=1 put:b=1"),
      digest_of_start("reply:x"),   digest_of_start("send:2:x send:2:x")};
  CHECK(digests.size() == 16);
}

TEST_CASE("an erased key is not mistaken for a value") {
  // Keys and values are the same strings in the same order: q 1 r 1 q r.
  CHECK(digest_of_start("put:q=1 put:r=1 erase:q erase:r") !=
        digest_of_start("put:q=1 put:r=1 put:q=r"));
}

}  // namespace
}  // namespace lockstep::tests
