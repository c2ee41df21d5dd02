#include <fmt/core.h>

#include "labs/exactly_once/caller.h"
#include "labs/exactly_once/exactly_once.messages.h"
#include "labs/exactly_once/lab.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using lab::exactly_once::Message;
using transport::ClientId;
using transport::NodeId;
using transport::Transmission;
using namespace std::chrono_literals;

namespace {

constexpr NodeId kServer{1};
constexpr NodeId kOne{2};
constexpr NodeId kOther{3};

Stage::Task<> first_calls(Stage& stage) {
  Caller one(stage, kOne);
  Caller neighbour(stage, kOne);
  Caller other(stage, kOther);
  co_await one.put("x", "red");
  co_await one.expect("x", "red", "a user reads what it wrote");
  co_await other.expect("x", "red", "so does another, at another client node");
  co_await other.put("x", "blue");
  co_await neighbour.put("y", "green");
  co_await one.expect("x", "blue", "the server executes requests in the order of their replies");
  co_await other.expect("y", "green", "two users may share a client node");
}

const Message* message_in(const Transmission& transmission) {
  if (!transmission.payload.belongs_to(transport::protocol_tag<Message>())) return nullptr;
  return &static_cast<const Message&>(transmission.payload.message());
}

/// The first Call for this request, and no other copy of it.
chaos::Scenario::Matches first_call(ClientId client, std::uint64_t sequence) {
  return [client, sequence, done = false](const Transmission& transmission) mutable {
    const auto* message = message_in(transmission);
    if (done || message == nullptr || !message->has_call()) return false;
    const auto& call = message->call();
    done = call.client() == number(client) && call.sequence() == sequence;
    return done;
  };
}

/// The first Answer to this request.
chaos::Scenario::Matches first_answer(ClientId client, std::uint64_t sequence) {
  return [client, sequence, done = false](const Transmission& transmission) mutable {
    const auto* message = message_in(transmission);
    if (done || message == nullptr || !message->has_answer()) return false;
    const auto& answer = message->answer();
    done = answer.client() == number(client) && answer.sequence() == sequence;
    return done;
  };
}

Stage::Task<> late_call(Stage& stage) {
  Caller one(stage, kOne);
  Caller other(stage, kOther);
  stage.world().hold(first_call(one.client(), 1));
  co_await one.append("x", "A");
  co_await other.append("x", "B");
  co_await one.append("x", "C");
  stage.world().release();
  co_await stage.sleep(100ms);
  co_await one.expect("x", "ABC", "a Call that comes late is not executed again");
  co_await other.append("x", "D");
  co_await other.expect("x", "ABCD", "a Call that comes late is not executed again");
}

Stage::Task<> late_answer(Stage& stage) {
  Caller one(stage, kOne);
  Caller neighbour(stage, kOne);
  co_await one.put("x", "old");
  stage.world().hold(first_answer(one.client(), 2));
  co_await one.expect("x", "old", "an Answer that is lost is made good for by another");
  co_await neighbour.put("x", "new");
  // The old Answer comes while this node waits for two others.
  stage.world().hold(first_call(one.client(), 3));
  one.begin(statemachine::kv::get("x"));
  neighbour.begin(statemachine::kv::put("y", "1"));
  co_await stage.sleep(15ms);
  stage.world().release();
  co_await stage.sleep(100ms);
  co_await one.expect("x", "new", "an Answer belongs to the request that it names");
}

Stage::Task<> late_call_after_restart(Stage& stage) {
  Caller one(stage, kOne);
  Caller other(stage, kOther);
  co_await other.append("x", "A");
  stage.world().hold(first_call(one.client(), 1));
  co_await one.append("x", "B");
  stage.cluster().crash(kServer);
  co_await stage.sleep(50ms);
  stage.cluster().restart(kServer);
  co_await other.expect("x", "AB", "what was executed and answered outlives a crash of the server");
  stage.world().release();
  co_await stage.sleep(100ms);
  co_await other.expect("x", "AB", "a server that restarts still knows what it has executed");
  co_await one.append("x", "C");
  stage.cluster().crash(kServer);
  stage.cluster().restart(kServer);
  co_await one.expect("x", "ABC", "what was executed and answered outlives a crash of the server");
}

Stage::Task<> forgets(Stage& stage) {
  constexpr std::uint32_t kReads = 40;
  std::vector<Caller> users;
  for (std::uint32_t user = 0; user < 3; ++user) {
    users.emplace_back(stage, NodeId{2 + user % (stage.nodes() - 1)});
  }
  const std::string value(2000, '*');
  for (std::size_t user = 0; user < users.size(); ++user) {
    co_await users[user].put(fmt::format("k{}", user), value);
  }
  for (std::uint32_t read = 0; read < kReads; ++read) {
    for (std::size_t user = 0; user < users.size(); ++user) {
      co_await users[user].expect(fmt::format("k{}", user), value, "a user reads what it wrote");
    }
  }
  stage.cluster().crash(kServer);
  stage.cluster().restart(kServer);
  co_await users[0].expect("k1", value, "what was executed and answered outlives a crash");
}

Stage::Task<> frugal(Stage& stage) {
  constexpr std::uint64_t kRequests = 60;
  constexpr std::uint64_t kEach = 3;
  Caller one(stage, kOne);
  Caller other(stage, kOther);
  for (std::uint64_t request = 0; request < kRequests / 2; ++request) {
    co_await one.append("x", "A");
    co_await other.append("y", "B");
  }
  const auto used = stage.cluster().counts().messages;
  stage.expect(used <= kEach * kRequests,
               fmt::format("where nothing is lost, {} requests take at most {} messages", kRequests,
                           kEach * kRequests),
               fmt::format("they took {}", used));
  co_await stage.sleep(5s);
  const auto later = stage.cluster().counts().messages - used;
  stage.expect(
      later <= kEach,
      fmt::format("when all users have their replies, at most {} more messages are sent", kEach),
      fmt::format("in 5 s of virtual time {} were sent", later));
}

}  // namespace

void add_directed_tests(LabBuilder& lab) {
  lab.test({.name = "first_calls",
            .points = 1,
            .promise = "users get the results of their requests, each its own",
            .source = "README, step 1",
            .hints = {"What travels? The client node sends a Call, the server an Answer.",
                      "The client node must remember who waits until the Answer is there, and the "
                      "Answer says whose it is."},
            .body = Script{{.nodes = 3}, first_calls}});
  lab.test({.name = "late_call",
            .points = 2,
            .promise = "a copy of a Call that comes late changes nothing",
            .source = "README, step 3",
            .hints = {"How does the server know that it has executed a Call before?",
                      "A user who makes request 3 has the reply to 2: what may the server forget "
                      "now, and what must it still know?",
                      "Keep one number per user: requests below it are over, whatever arrives."},
            .body = Script{{.nodes = 3}, late_call}});
  lab.test({.name = "late_answer",
            .points = 1,
            .promise = "an Answer that comes late is nobody's",
            .source = "README, step 3",
            .hints = {"To which of the open requests does an Answer belong?"},
            .body = Script{{.nodes = 3}, late_answer}});
  lab.test({.name = "late_call_after_restart",
            .points = 2,
            .promise = "a server that restarts neither forgets nor repeats what it has executed",
            .source = "README, step 4",
            .hints = {"Which of the server's members decide whether a Call is executed? After a "
                      "crash there is only storage.",
                      "All writes of one handler are one atomic batch: the machine's new state and "
                      "what you remember of the Call belong into the same."},
            .body = Script{{.nodes = 3}, late_call_after_restart}});
  lab.test({.name = "forgets",
            .points = 1,
            .promise = "the server does not keep what no user will ask for again",
            .source = "README, step 5",
            .hints = {"A user has one request open at a time; Call.acknowledged_below says which "
                      "replies it has."},
            .body = Script{{.nodes = 4}, forgets}});
  lab.test({.name = "frugal",
            .points = 1,
            .promise = "where nothing is lost, little is sent twice, and nothing without need",
            .source = "README, step 5",
            .hints = {"Who stops the retry timer, and when?"},
            .body = Script{{.nodes = 3}, frugal}});
}

}  // namespace lockstep::labs
