// Figure 7 of the paper: when the leader at the top comes to power, its followers' logs may be
// anything from (a) to (f).
//
//   leader  1 1 1 4 4 5 5 6 6 6
//   (a)     1 1 1 4 4 5 5 6 6
//   (b)     1 1 1 4
//   (c)     1 1 1 4 4 5 5 6 6 6 6
//   (d)     1 1 1 4 4 5 5 6 6 6 7 7
//   (e)     1 1 1 4 4 4 4
//   (f)     1 1 1 2 2 2 3 3 3 3 3
#include <doctest/doctest.h>

#include "tests/transcripts/raft_play.h"

using namespace lockstep::tests;

TEST_CASE("Figure 7: a new leader makes all logs like its own [§5.3]") {
  RaftPlay::Setting setting;
  setting.nodes = 7;
  setting.disks = {{n1, disk_with(7, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6})},
                   {n2, disk_with(7, {1, 1, 1, 4, 4, 5, 5, 6, 6})},
                   {n3, disk_with(7, {1, 1, 1, 4})},
                   {n4, disk_with(7, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6})},
                   {n5, disk_with(7, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7})},
                   {n6, disk_with(7, {1, 1, 1, 4, 4, 4, 4})},
                   {n7, disk_with(7, {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3})}};
  RaftPlay play("figure_7",
                "Figure 7: n1 becomes the leader of term 8; n2 to n7 are the followers (a) to (f).",
                setting);
  play.witness().show_messages({"AppendReply"});
  play.act([&]() -> awaitable<void> {
    play.table("The logs of the figure");
    co_await play.elect(n1);
    co_await play.sleep(10ms);
    play.witness().show_messages({});
    co_await play.sleep(50ms);
    play.table("Afterwards");
    for (const NodeId node : {n2, n3, n4, n5, n6, n7}) {
      CHECK(play.field(node, "log last") == "11");
      CHECK(play.field(node, "log last term") == "8");
      CHECK(play.field(node, "commit") == "11");
    }
  });
}
