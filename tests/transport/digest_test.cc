// One digest for one run, however the nodes are hosted and whatever compiled them.
#include <doctest/doctest.h>

#include <set>

#include "tests/transport/abd_run.h"
#include "tests/transport/stage.h"
#include "transport/process/child.h"

namespace lockstep::tests {
namespace {

using transport::ClusterOptions;

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
