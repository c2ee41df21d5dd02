// What a crash takes and what it leaves, at every point at which a node can die.
#include <doctest/doctest.h>

#include <set>

#include "tests/transport/stage.h"

namespace lockstep::tests {
namespace {

using Lines = std::vector<std::string>;
using transport::CrashPoint;
using transport::Effects;
using transport::NodeId;

/// Kills n1 at this point of the handler that writes or sends (the start does neither).
auto dies_at(CrashPoint::Kind kind, std::uint32_t sends = 0) {
  return [=](NodeId, const Effects& effects) {
    const bool chosen = !effects.outgoing.empty();
    return chosen ? CrashPoint{kind, sends} : CrashPoint{};
  };
}

/// Runs one handler that writes and sends three messages, dying as told, then restarts the node.
struct OneDeath {
  explicit OneDeath(const CrashPoint& point, std::uint64_t seed = 1,
                    const std::string& script = "put:a=1 send:2:x send:2:y send:3:z")
      : stage(exact(seed)) {
    stage.fault.crash = dies_at(point.kind, point.sends);
    stage.order(1, script);
    stage.run_for(100ms);
    was_down = !stage.cluster.is_up(node(1));
    stage.fault.crash = nullptr;
    stage.cluster.restart(node(1));
    stage.run_for(100ms);
  }
  Stage stage;
  bool was_down = false;
};

TEST_CASE("death before storage leaves nothing of the handler, under any seed") {
  for (std::uint64_t seed = 1; seed < 30; ++seed) {
    OneDeath death({CrashPoint::Kind::BeforeStorage, 0}, seed);
    CHECK(death.was_down);
    CHECK(death.stage.heard(1) == "start:2");
    CHECK(death.stage.heard(2) == "start:1");
    CHECK(death.stage.recorder.count("stored n1") == 0);
  }
}

TEST_CASE("death after storage keeps the writes, and nothing has left") {
  OneDeath death({CrashPoint::Kind::AfterStorage, 0});
  CHECK(death.was_down);
  CHECK(death.stage.heard(1) == "start:2 stored:a=1");
  CHECK(death.stage.heard(2) == "start:1");
  CHECK(death.stage.heard(3) == "start:1");
}

TEST_CASE("death after the j-th send keeps the writes and exactly j messages") {
  const Lines second{"start:1", "start:1 x", "start:1 x y", "start:1 x y"};
  for (std::uint32_t sends = 0; sends <= 3; ++sends) {
    OneDeath death({CrashPoint::Kind::AfterSend, sends});
    CHECK(death.was_down);
    CHECK(death.stage.heard(1) == "start:2 stored:a=1");
    CHECK(death.stage.heard(2) == second[sends]);
    CHECK(death.stage.heard(3) == (sends == 3 ? "start:1 z" : "start:1"));
    CHECK(death.stage.cluster.counts().messages == sends);
    CHECK(death.stage.cluster.counts().crashes == 1);
  }
}

TEST_CASE("the same points hold for a handler that writes nothing") {
  for (std::uint32_t sends = 0; sends <= 3; ++sends) {
    OneDeath death({CrashPoint::Kind::AfterSend, sends}, 1, "send:2:x send:2:y send:3:z");
    CHECK(death.was_down);
    CHECK(death.stage.cluster.counts().messages == sends);
  }
}

TEST_CASE("a sender killed by its own message sends nothing after it, early or not") {
  for (const std::string script : {"early:2:x early:2:y put:a=1 send:3:z",
                                   "send:2:x send:2:y send:3:z", "put:a=1 send:2:x send:2:y"}) {
    Stage stage;
    stage.fault.transmit = [](const transport::Transmission&, transport::Fate& fate) {
      fate.crash_sender = true;
    };
    stage.order(1, script);
    stage.run_for(100ms);
    CHECK_FALSE(stage.cluster.is_up(node(1)));
    CHECK(stage.heard(2) == "start:1 x");
    CHECK(stage.heard(3) == "start:1");
    // The gate of the next life works: nothing waits for a sync of the last one.
    stage.fault.transmit = nullptr;
    stage.cluster.restart(node(1));
    stage.order(1, "put:b=1 reply:alive");
    stage.run_for(100ms);
    CHECK(stage.replies == Lines{"c9.2 n1 alive"});
  }
}

TEST_CASE("an early message may leave although the write beside it is lost") {
  bool lost = false;
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    Stage stage(exact(seed));
    stage.order(1, "early:2:promise put:a=1");
    stage.run_for(3ms);
    stage.cluster.crash(node(1));
    stage.cluster.restart(node(1));
    CHECK(stage.heard(2) == "start:1 promise");
    lost = lost || stage.heard(1) == "start:2";
  }
  CHECK(lost);
}

TEST_CASE("a crash in the middle of a sync keeps a prefix of the handlers, and sends nothing") {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 1; seed < 60; ++seed) {
    Stage stage(exact(seed));
    for (const char* script : {"put:a=1 send:2:x", "put:b=1 send:2:x", "put:c=1 send:2:x"}) {
      stage.order(1, script);
    }
    stage.run_for(3ms);
    stage.cluster.crash(node(1));
    stage.cluster.restart(node(1));
    stage.run_for(100ms);
    CHECK(stage.heard(2) == "start:1");
    outcomes.insert(stage.heard(1));
  }
  CHECK(outcomes == std::set<std::string>{"start:2", "start:2 stored:a=1",
                                          "start:2 stored:a=1 stored:b=1",
                                          "start:2 stored:a=1 stored:b=1 stored:c=1"});
}

TEST_CASE("what survived a crash is witnessed as stored") {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    Stage stage(exact(seed));
    stage.order(1, "put:a=1");
    stage.run_for(3ms);
    stage.cluster.crash(node(1));
    stage.cluster.restart(node(1));
    const bool survived = stage.heard(1) == "start:2 stored:a=1";
    CHECK(stage.recorder.count("stored n1 a=1") == (survived ? 1 : 0));
  }
}

TEST_CASE("an incarnation never repeats, however a node went down") {
  Stage stage;
  for (int life = 2; life <= 5; ++life) {
    stage.cluster.crash(node(1));
    stage.cluster.crash(node(1));
    if (life == 4) stage.cluster.wipe(node(1));
    stage.cluster.restart(node(1));
    stage.cluster.restart(node(1));
    CHECK(stage.heard(1) == "start:" + std::to_string(life));
  }
  CHECK(stage.cluster.counts().crashes == 4);
  CHECK(stage.cluster.counts().restarts == 4);
  CHECK(stage.recorder.count("started n1 0.1") == 1);
  CHECK(stage.recorder.count("started n1 1.5") == 1);
}

TEST_CASE(
    "a message to a node that is down is dropped; one that arrives after its restart is not") {
  Stage stage;
  stage.order(2, "send:1:early");
  stage.order(3, "timer:1:1 send:1:late");
  stage.fault.transmit = [](const transport::Transmission& transmission, transport::Fate& fate) {
    if (transmission.from == node(3)) fate.delay = 50ms;
  };
  stage.cluster.crash(node(1));
  stage.run_for(20ms);
  stage.cluster.restart(node(1));
  stage.run_for(1s);
  CHECK(stage.heard(1) == "start:2 late");
  CHECK(stage.recorder.count("dropped n2 n1 early") == 1);
}

TEST_CASE("a wiped disk is empty, a rotten one differs in one bit, and both show at the restart") {
  Stage stage;
  stage.order(1, "put:a=xx put:b=yy");
  stage.run_for(20ms);
  stage.cluster.crash(node(1));
  CHECK(stage.cluster.rot(node(1), 1));
  stage.cluster.restart(node(1));
  CHECK(stage.heard(1) == "start:2 stored:a=xx stored:b=iy");
  stage.cluster.crash(node(1));
  stage.cluster.wipe(node(1));
  CHECK_FALSE(stage.cluster.rot(node(1), 0));
  stage.cluster.restart(node(1));
  CHECK(stage.heard(1) == "start:3");
}

TEST_CASE("an fsync that lies loses acknowledged writes in a crash") {
  Stage stage;
  stage.order(1, "put:a=1 reply:done");
  stage.run_for(20ms);
  stage.cluster.lie_about_syncs(node(1), true);
  stage.order(1, "put:b=1 reply:done");
  stage.run_for(20ms);
  CHECK(stage.replies.size() == 2);
  stage.cluster.crash(node(1));
  stage.cluster.restart(node(1));
  CHECK(stage.heard(1) == "start:2 stored:a=1");
}

TEST_CASE("a torn write leaves half of the batch that was being written") {
  Stage stage;
  stage.order(1, "put:a=full put:b=full");
  stage.run_for(3ms);
  stage.cluster.tear_at_next_crash(node(1));
  stage.cluster.crash(node(1));
  stage.cluster.restart(node(1));
  CHECK(stage.heard(1) == "start:2 stored:a=fu");
}

TEST_CASE("a node that joins later is told so") {
  Stage stage;
  stage.cluster.add(node(4), std::make_unique<transport::Hosted<Toy>>(Toy::Options{}));
  stage.cluster.start(node(4), true);
  stage.order(1, "send:4:welcome");
  stage.run_for(1s);
  CHECK(stage.recorder.count("started n4 2.1") == 1);
  CHECK(stage.heard(4) == "start:1 welcome");
}

}  // namespace
}  // namespace lockstep::tests
