// How the group changes: dissertation chapter 4.
#include <doctest/doctest.h>

#include "tests/transcripts/raft_play.h"

using namespace lockstep::tests;

TEST_CASE("the single-server bug: no change before an entry of the term [raft-dev, July 2015]") {
  RaftPlay::Setting setting;
  setting.nodes = 4;
  setting.spares = 1;
  RaftPlay play("single_server_bug",
                "Two leaders, one change each: n1 adds n5, n2 removes n1. {n1 n4 n5} and {n2 n3} "
                "must not both decide.",
                setting);
  play.act([&]() -> awaitable<void> {
    co_await play.elect(n1);
    co_await play.sleep(60ms);
    play.scenario().join(n5);
    play.note("the entry that makes n5 a voter will reach n5 only");
    play.scenario().lose([](const lockstep::transport::Transmission& transmission) {
      const auto& message =
          static_cast<const lockstep::consensus::raft::Message&>(transmission.payload.message());
      for (const auto& entry : message.append_entries().entries()) {
        if (entry.members().voters_size() == 5 && transmission.to != n5) return true;
      }
      return false;
    });
    co_await play.ask(n1, add(n5), 60ms);
    play.crash(n1);
    play.keep_entries_among({n2});
    co_await play.elect(n2);
    play.table("n2 leads with the votes of n3 and n4; its first entry is not committed");
    play.note(
        "without the rule n2 would now go over to {n2 n3 n4}, and n2 and n3 could commit that");
    const auto refused = co_await play.ask(n2, remove(n1));
    CHECK((refused && refused->status() == lockstep::transport::Reply::UNAVAILABLE));
    play.heal();
    co_await play.sleep(60ms);
    play.note("n2's first entry is committed: a majority of {n1 n2 n3 n4} has it");
    co_await play.ask(n2, remove(n1));
    play.restart(n1);
    play.note("n1 asks the voters of the configuration that it knows");
    play.time_out(n1);
    co_await play.sleep(10ms);
    play.time_out(n1);
    co_await play.sleep(10ms);
    CHECK(play.field(n1, "role") != "leader");
    co_await play.elect(n2);
    co_await play.sleep(60ms);
    play.table("n1 could not win: a majority has an entry of term 2");
  });
}

namespace {

/// From {n1 n2 n3} to {n3 n4 n5}, while two servers are not heard on the joint configuration.
awaitable<void> replace_two(RaftPlay& play, std::vector<NodeId> unheard, std::string_view caption) {
  co_await play.elect(n1);
  co_await play.ask(n1, put("x", "1"));
  play.scenario().join(n4);
  play.scenario().join(n5);
  play.note("n4 and n5 hear nothing yet");
  play.scenario().lose(
      [](const auto& transmission) { return transmission.to == n4 || transmission.to == n5; });
  play.scenario().submit(n1, change_members({n3, n4, n5}));
  co_await play.sleep(60ms);
  play.table("New members learn the log first, without a vote");
  play.scenario().lose([unheard](const lockstep::transport::Transmission& transmission) {
    const auto& message =
        static_cast<const lockstep::consensus::raft::Message&>(transmission.payload.message());
    const bool is_unheard = transmission.from == unheard[0] || transmission.from == unheard[1];
    return is_unheard && message.append_reply().match_index() >= 4;
  });
  play.note("n4 and n5 hear n1; what " + to_string(unheard[0]) + " and " + to_string(unheard[1]) +
            " answer to entry 4 will be lost");
  co_await play.sleep(150ms);
  play.table(caption);
  CHECK(play.field(n1, "commit") == "3");
  play.heal();
  co_await play.sleep(120ms);
  play.table("n1 has left, and asked its successor to stand");
  CHECK(play.field(n4, "configuration") == "n3 n4 n5");
  CHECK(play.field(n1, "role") == "follower");
}

RaftPlay::Setting for_joint_consensus() {
  RaftPlay::Setting setting;
  setting.spares = 2;
  setting.options["membership"] = "joint";
  setting.options["max_batch"] = "1";  // New members may be behind by one message: one entry.
  return setting;
}

}  // namespace

TEST_CASE("joint consensus: the old majority does not decide alone [dissertation §4.3]") {
  RaftPlay play(
      "joint_consensus",
      "From {n1 n2 n3} to {n3 n4 n5} through a joint configuration; the leader n1 leaves.",
      for_joint_consensus());
  play.witness().show_messages({"TimeoutNow"});
  play.act([&]() {
    return replace_two(
        play, {n3, n4},
        "The joint configuration has a majority of {n1 n2 n3}, and none of {n3 n4 n5}");
  });
}

TEST_CASE("joint consensus: the new majority does not decide alone [dissertation §4.3]") {
  RaftPlay play("joint_consensus_without_the_old",
                "As in joint_consensus.txt, but it is the old majority that is missing.",
                for_joint_consensus());
  play.witness().show_messages({"TimeoutNow"});
  play.act([&]() {
    return replace_two(
        play, {n2, n3},
        "The joint configuration has a majority of {n3 n4 n5}, and none of {n1 n2 n3}");
  });
}

TEST_CASE("a leader that is removed steps down when that is committed [dissertation §4.2.2]") {
  RaftPlay play("removal_of_the_leader",
                "n1 leads the group that removes it: it does not count itself, and goes at last.",
                {});
  play.witness().show_messages({"TimeoutNow", "AppendReply"});
  play.act([&]() -> awaitable<void> {
    co_await play.elect(n1);
    play.witness().show_messages({"TimeoutNow"});
    co_await play.sleep(60ms);
    play.witness().show_messages({"TimeoutNow", "AppendReply"});
    co_await play.ask(n1, remove(n1), 10ms);
    play.witness().show_messages({"TimeoutNow"});
    co_await play.sleep(60ms);
    play.table("n1 is no member any more");
    CHECK(play.field(n1, "role") == "follower");
  });
}
