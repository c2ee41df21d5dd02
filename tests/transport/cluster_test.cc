// Nodes in virtual time: messages, the order of effects, timers, clients, foreign nodes.
#include <doctest/doctest.h>

#include "tests/transport/stage.h"

namespace lockstep::tests {
namespace {

using Lines = std::vector<std::string>;
using transport::Time;

TEST_CASE("a message is sent, travels its delay and is handled") {
  Stage stage;
  stage.order(1, "send:2:hello");
  stage.run_for(1s);
  CHECK(stage.heard(2) == "start:1 hello");
  CHECK(stage.recorder.with("hello") == Lines{"1000us requested n1 c9 send:2:hello",
                                              "1000us sent n1 n2 hello",
                                              "2000us delivered n2 n1 hello"});
}

TEST_CASE("what a handler sends waits until its writes are durable") {
  Stage stage;
  stage.order(1, "put:a=1 send:2:hello reply:done");
  stage.run_for(1s);
  CHECK(stage.recorder.with("n1")[2] == "11000us stored n1 a=1");
  CHECK(stage.recorder.with("n1")[3] == "11000us sent n1 n2 hello");
  CHECK(stage.recorder.with("n1")[4] == "11000us replied n1 c9 done");
  CHECK(stage.replies == Lines{"c9.1 n1 done"});
}

TEST_CASE("a later handler without writes of its own waits for the writes before it") {
  Stage stage;
  stage.order(1, "put:a=1 send:2:first");
  stage.run_for(2ms);
  stage.order(1, "send:2:second");
  stage.run_for(1s);
  CHECK(stage.heard(2) == "start:1 first second");
  CHECK(stage.recorder.with("sent") ==
        Lines{"11000us sent n1 n2 first", "11000us sent n1 n2 second"});
}

TEST_CASE("a write during a sync waits for the next one, which covers all that came meanwhile") {
  Stage stage;
  stage.order(1, "put:a=1 send:2:first");
  stage.run_for(2ms);
  stage.order(1, "put:b=2 send:2:second");
  stage.order(1, "put:c=3 send:2:third");
  stage.run_for(1s);
  CHECK(stage.recorder.with("sent") ==
        Lines{"11000us sent n1 n2 first", "21000us sent n1 n2 second", "21000us sent n1 n2 third"});
  CHECK(stage.cluster.counts().syncs == 2);
}

TEST_CASE("early sends and replies pass the gate, and others of the handler do not") {
  Stage stage;
  stage.order(1, "send:2:late put:a=1 early:2:early reply_early:soon");
  stage.run_for(1s);
  CHECK(stage.heard(2) == "start:1 early late");
  CHECK(stage.recorder.count("1000us sent n1 n2 early") == 1);
  CHECK(stage.recorder.count("11000us sent n1 n2 late") == 1);
  CHECK(stage.replies == Lines{"c9.1 n1 soon"});
}

TEST_CASE("a message to oneself arrives once the writes before it are durable") {
  Stage stage;
  stage.order(1, "put:a=1 send:1:durable");
  stage.run_for(5ms);
  CHECK(stage.heard(1) == "start:1");
  stage.run_for(1s);
  CHECK(stage.heard(1) == "start:1 durable");
  CHECK(stage.cluster.counts().messages == 0);
}

TEST_CASE("a message to oneself is lost by a crash, even if the restart follows at once") {
  Stage stage;
  stage.order(1, "send:1:ghost");
  while (stage.recorder.count("sent n1 n1 ghost") == 0) stage.loop.step();
  stage.cluster.crash(node(1));
  stage.cluster.restart(node(1));
  stage.run_for(1s);
  CHECK(stage.heard(1) == "start:2");
  CHECK(stage.recorder.count("dropped n1 n1 ghost") == 1);
}

TEST_CASE("timers fire after their time; set again they fire once; cancelled they do not") {
  Stage stage;
  stage.order(1, "timer:1:10 timer:2:10 timer:2:20 timer:3:10 cancel:3 timer:4:5 timer:4:2");
  stage.run_for(1s);
  CHECK(stage.heard(1) == "start:1 timer:4 timer:1 timer:2");
  CHECK(stage.recorder.with("fired") ==
        Lines{"3000us fired n1 4", "11000us fired n1 1", "21000us fired n1 2"});
}

TEST_CASE("no timer outlives its process, and a new one of the same key is its own") {
  Stage stage;
  stage.order(1, "timer:1:10");
  stage.run_for(5ms);
  stage.cluster.crash(node(1));
  stage.cluster.restart(node(1));
  stage.order(1, "timer:1:20");
  stage.run_for(1s);
  CHECK(stage.recorder.with("fired") == Lines{"26000us fired n1 1"});
}

TEST_CASE("a drifting clock moves its node's timers, and now() shows it") {
  Stage stage;
  stage.cluster.clock(node(1)).drift(stage.loop.now(), 1'000'000);
  stage.order(1, "clock timer:1:10");
  stage.run_for(1s);
  CHECK(stage.heard(1) == "start:1 now:2000000 timer:1");
  CHECK(stage.recorder.with("fired") == Lines{"6000us fired n1 1"});
}

TEST_CASE("a reply finds the client that asked, from any node") {
  Stage stage;
  stage.order(2, "reply:two");
  stage.order(3, "reply:three");
  stage.run_for(1s);
  CHECK(stage.replies == Lines{"c9.1 n2 two", "c9.2 n3 three"});
}

TEST_CASE("a node asks another and hears its reply, whose client is the node") {
  Stage stage;
  stage.order(1, "ask:2:reply,answer");
  stage.run_for(1s);
  CHECK(stage.heard(1) == "start:1 reply:answer");
  CHECK(stage.replies.empty());
  CHECK(stage.recorder.count("requested n2 n1 reply:answer") == 1);
}

TEST_CASE("a message of another protocol is dropped and counted, in both directions") {
  transport::EventLoop loop;
  transport::Cluster cluster(loop, exact());
  cluster.add(node(1), std::make_unique<transport::Hosted<Toy>>(Toy::Options{"send:2:hello"}));
  cluster.add(node(2), std::make_unique<transport::Hosted<Other>>(Other::Options{}));
  cluster.add(node(3), std::make_unique<transport::Hosted<Other>>(Other::Options{}));
  for (const auto id : cluster.nodes()) cluster.start(id);
  for (const char* to : {"1", "3"}) {
    cluster.submit(transport::ClientId{9}, node(2),
                   transport::compose<transport::Request, transport::Request>(
                       [&](transport::Request& request) { request.set_command(to); }));
  }
  loop.run_until(Time{1s});
  CHECK(cluster.counts().foreign == 2);
  CHECK(cluster.describe(node(1)).values().size() == 1);
  CHECK(cluster.describe(node(2)).values()[0].second == "0");
  CHECK(cluster.describe(node(3)).values()[0].second == "1");
}

TEST_CASE("a reply to a node that never asks is dropped and counted") {
  transport::EventLoop loop;
  transport::Cluster cluster(loop, exact());
  cluster.add(node(1), std::make_unique<transport::Hosted<Other>>(Other::Options{}));
  cluster.start(node(1));
  cluster.deliver(node(1), node(1),
                  transport::compose<transport::Reply, transport::Reply>([](auto&) {}), 1ms,
                  transport::Outgoing::Kind::Reply);
  loop.run_until(Time{1s});
  CHECK(cluster.counts().foreign == 1);
}

TEST_CASE("messages and requests to a node that does not exist are lost") {
  Stage stage;
  stage.order(1, "send:77:hello ask:0:reply,x");
  stage.order(77, "reply:nobody");
  stage.order(0, "reply:nobody");
  stage.run_for(1s);
  CHECK(stage.replies.empty());
  CHECK(stage.cluster.counts().lost >= 2);
}

TEST_CASE("a link loses and duplicates as it is told, and clients' links lose too") {
  auto options = exact();
  options.network.loss_ppm = 1'000'000;
  Stage deaf(options);
  deaf.order(1, "reply:never");
  deaf.run_for(1s);
  CHECK(deaf.replies.empty());

  auto doubled = exact();
  doubled.network.duplicate_ppm = 1'000'000;
  Stage stage(doubled);
  stage.order(1, "send:2:again");
  stage.run_for(1s);
  CHECK(stage.heard(2) == "start:1 again again");
  CHECK(stage.cluster.counts().duplicated == 1);
  CHECK(stage.cluster.counts().messages == 1);
}

TEST_CASE("an interceptor drops, delays and holds back single messages") {
  Stage stage;
  transport::Envelope held;
  stage.fault.transmit = [&](const transport::Transmission& transmission, transport::Fate& fate) {
    if (transmission.ordinal == 0) fate.lost = true;
    if (transmission.ordinal == 1) fate.delay = 50ms;
    if (transmission.ordinal == 2) {
      held = transmission.payload;
      fate.held = true;
    }
  };
  stage.order(1, "send:2:lost send:2:slow send:2:held send:2:behind");
  stage.run_for(20ms);
  CHECK(stage.heard(2) == "start:1");
  stage.cluster.deliver(node(1), node(2), held, 1ms);
  stage.run_for(1s);
  CHECK(stage.heard(2) == "start:1 held slow behind");
  CHECK(stage.recorder.count("dropped n1 n2 lost") == 1);
}

TEST_CASE("a paused node handles what came due when it resumes, in the order of arrival") {
  Stage stage;
  stage.order(1, "timer:1:5");
  stage.run_for(2ms);
  stage.cluster.pause(node(1));
  CHECK(stage.cluster.is_paused(node(1)));
  stage.order(2, "send:1:first");
  stage.order(2, "send:1:second");
  stage.run_for(20ms);
  CHECK(stage.heard(1) == "start:1");
  stage.cluster.resume(node(1));
  stage.run_for(1ms);
  CHECK(stage.heard(1) == "start:1 first second timer:1");
}

/// Resumes n1 when it fires.
struct Wake final : transport::Event::Target {
  explicit Wake(transport::Cluster& sleeping) : cluster(sleeping) {}
  void fire(transport::Event&) override { cluster.resume(node(1)); }
  transport::Cluster& cluster;
};

TEST_CASE("a message that arrives at the moment of a resume does not overtake earlier ones") {
  Stage stage;
  stage.cluster.pause(node(1));
  // Scheduled first, so that it fires before the second message, which arrives at the same time.
  Wake wake(stage.cluster);
  transport::Event event;
  event.target = &wake;
  stage.loop.schedule(Time{6ms}, std::move(event));
  stage.fault.transmit = [](const transport::Transmission& transmission, transport::Fate& fate) {
    if (transmission.ordinal == 1) fate.delay = 5ms;
  };
  stage.order(2, "send:1:first send:1:second");
  stage.run_for(1s);
  CHECK(stage.recorder.with("delivered") ==
        Lines{"6000us delivered n1 n2 first", "6000us delivered n1 n2 second"});
}

TEST_CASE("a node that is killed while it is paused loses what it had not handled") {
  Stage stage;
  stage.cluster.pause(node(1));
  stage.order(1, "reply:lost");
  stage.run_for(20ms);
  stage.cluster.crash(node(1));
  stage.cluster.restart(node(1));
  CHECK_FALSE(stage.cluster.is_paused(node(1)));
  stage.order(1, "reply:kept");
  stage.run_for(1s);
  CHECK(stage.replies == Lines{"c9.2 n1 kept"});
}

TEST_CASE("to pause a node that is down does nothing") {
  Stage stage;
  stage.cluster.crash(node(1));
  stage.cluster.pause(node(1));
  stage.cluster.restart(node(1));
  stage.order(1, "reply:here");
  stage.run_for(1s);
  CHECK(stage.replies == Lines{"c9.1 n1 here"});
}

TEST_CASE("a shadow answers from what is durable, and leaves the cluster as it was") {
  Stage stage;
  stage.order(1, "put:a=1");
  stage.run_for(20ms);
  stage.order(1, "put:a=2");
  stage.run_for(2ms);
  const std::uint64_t digest = stage.cluster.digest();
  const auto question = transport::compose<toy::Message, toy::Say>(
      [](toy::Say& say) { say.set_script("put:a=shadow send:3:answer"); });
  const auto effects = stage.cluster.ask_shadow(node(1), node(2), question);
  REQUIRE(effects.writes.size() == 1);
  CHECK(effects.writes[0].replaced == "1");
  CHECK(effects.outgoing.size() == 1);
  CHECK(stage.heard(1) == "start:1");
  CHECK(stage.cluster.digest() == digest);
}

TEST_CASE("claims and log lines are seen, log lines only if somebody wants them") {
  for (const bool keeps_log : {false, true}) {
    auto options = exact();
    options.keeps_log = keeps_log;
    Stage stage(options);
    stage.order(1, "claim:3 log:line");
    stage.run_for(1s);
    CHECK(stage.recorder.count("observed n1") == 1);
    CHECK(stage.recorder.count("logged n1 line") == (keeps_log ? 1 : 0));
  }
}

TEST_CASE("removing one message shifts no delay of another link, nor any timer") {
  auto options = exact(5);
  options.network.delay = {1ms, 50ms};
  const auto run = [&](bool with_loss) {
    Stage stage(options);
    stage.fault.transmit = [=](const transport::Transmission& transmission, transport::Fate& fate) {
      if (with_loss && transmission.to == node(2)) fate.lost = true;
    };
    stage.order(1, "send:2:a send:3:b timer:1:7");
    stage.order(3, "send:1:c");
    stage.run_for(1s);
    auto lines = stage.recorder.with("delivered n3");
    for (const char* what : {"delivered n1", "fired"}) {
      for (const auto& line : stage.recorder.with(what)) lines.push_back(line);
    }
    return lines;
  };
  CHECK(run(false).size() == 3);
  CHECK(run(false) == run(true));
}

}  // namespace
}  // namespace lockstep::tests
