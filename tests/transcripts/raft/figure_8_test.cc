// Figure 8 of the paper: why a leader may not count copies of entries of earlier terms.
//
//   S1  1 2        1 2        1 2 4      1 3
//   S2  1 2        1 2        1 2        1 3
//   S3  1          1          1 2        1 3
//   S4  1          1          1          1 3
//   S5  1          1 3        1 3        1 3
//       (a)        (b)        (c)        (d)
#include <doctest/doctest.h>

#include "tests/transcripts/raft_play.h"

using namespace lockstep::tests;

namespace {

/// An entry of the leader's term: a client's, unless the leader made one itself.
awaitable<void> write_if(RaftPlay& play, bool has_clients, NodeId leader, std::string value) {
  if (has_clients) co_await play.ask(leader, put("x", value));
  co_await play.sleep(60ms);
}

/// (a) and (b): n1 leads term 2 and gives entry 2 to n2 alone; n5 leads term 3 and keeps another
/// entry 2 to itself.
awaitable<void> part_a_and_b(RaftPlay& play, bool has_clients) {
  co_await play.elect(n1);
  co_await write_if(play, has_clients, n1, "1");
  play.crash(n1);
  play.restart(n1);
  play.keep_entries_among({n1, n2});
  co_await play.elect(n1);
  co_await write_if(play, has_clients, n1, "2");
  play.table("(a) n1 leads term 2; entry 2 reached n2 only");
  play.crash(n1);
  play.keep_entries_among({n5});
  co_await play.elect(n5);
  co_await write_if(play, has_clients, n5, "3");
  play.table("(b) n5 leads term 3, elected by n3, n4 and itself, and has another entry 2");
  play.crash(n5);
  play.restart(n1);
}

}  // namespace

TEST_CASE("Figure 8: an entry of an old term lies on a majority and is overwritten [§5.4.2]") {
  RaftPlay::Setting setting;
  setting.nodes = 5;
  setting.options["noop_on_election"] = "off";
  RaftPlay play(
      "figure_8",
      "Figure 8, (a) to (d): leaders do not begin their terms with an entry of their own.",
      setting);
  play.act([&]() -> awaitable<void> {
    co_await part_a_and_b(play, true);
    play.keep_entries_among({n1, n2, n3});
    co_await play.elect(n1);
    co_await play.sleep(60ms);
    play.note("entry 2 of term 2 now lies on n1, n2 and n3: a majority");
    play.keep_entries_among({n1});
    co_await play.ask(n1, put("x", "4"));
    play.table("(c) n1 leads term 4; it does not commit entry 2, which is of term 2");
    CHECK(play.field(n1, "log last") == "3");
    CHECK(play.field(n1, "commit") == "0");
    CHECK(play.field(n3, "log last term") == "2");
    play.crash(n1);
    play.heal();
    play.restart(n5);
    co_await play.elect(n5);
    co_await play.ask(n5, put("x", "5"));
    play.restart(n1);
    co_await play.sleep(120ms);
    play.table("(d) n5 leads term 5 and overwrites entry 2 everywhere");
    CHECK(play.field(n5, "commit") == "3");
    CHECK(play.field(n3, "log last term") == "5");
  });
}

TEST_CASE("Figure 8 (e): an entry of its own term commits all before it [§5.4.2, §8]") {
  RaftPlay::Setting setting;
  setting.nodes = 5;
  RaftPlay play("figure_8_with_no_op",
                "Figure 8, (a), (b) and (e): each leader begins its term with an empty entry.",
                setting);
  play.act([&]() -> awaitable<void> {
    co_await part_a_and_b(play, false);
    play.keep_entries_among({n1, n2, n3});
    co_await play.elect(n1);
    co_await play.sleep(60ms);
    play.table("(e) n1 leads term 4, and its own entry lies on a majority: all before it is safe");
    play.crash(n1);
    play.heal();
    play.restart(n5);
    play.note("n5 cannot win any more: n2 and n3 have a later last term");
    play.time_out(n5);
    co_await play.sleep(20ms);
    CHECK(play.field(n5, "role") == "candidate");
    co_await play.elect(n3);
    play.restart(n1);
    co_await play.sleep(120ms);
    play.table("n3 leads, and n5 gives its entries up");
    CHECK(play.field(n5, "log last term") == play.field(n3, "log last term"));
  });
}
