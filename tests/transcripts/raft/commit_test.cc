// Figure 6 of the paper, and what the leader's disk has to do with it: an entry is committed once
// it is durable on a majority.
#include <doctest/doctest.h>

#include "tests/transcripts/raft_play.h"

using namespace lockstep::tests;

namespace {

awaitable<void> write_with_slow_disks(RaftPlay& play) {
  co_await play.elect(n1);
  co_await play.sleep(60ms);
  play.note("from now on an fsync takes 5 ms");
  play.scenario().cluster().set_sync({5ms, 5ms});
  play.witness().show_messages({"AppendEntries", "AppendReply"});
  co_await play.ask(n1, put("x", "1"));
  play.table("The followers learn of the commit with the next message");
  co_await play.sleep(40ms);
  play.table("Now they know");
  CHECK(play.field(n3, "commit") == "2");
}

}  // namespace

TEST_CASE("Figure 6: an entry is committed once it is durable on a majority [§5.3]") {
  RaftPlay play("figure_6", "Figure 6: the leader writes its log first, and sends the entry then.",
                {});
  play.act([&]() { return write_with_slow_disks(play); });
}

TEST_CASE("the leader writes its log while its followers do [dissertation §10.2.1]") {
  RaftPlay::Setting setting;
  setting.options["async_disk_write"] = "on";
  RaftPlay play("figure_6_with_async_disk_write",
                "The same as in figure_6.txt, but the leader writes while it sends: one fsync less "
                "in a row.",
                setting);
  play.act([&]() { return write_with_slow_disks(play); });
}
