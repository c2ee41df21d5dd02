// A snapshot that arrives in pieces (§7) need not begin anew when its receiver crashes.
#include <doctest/doctest.h>

#include "tests/transcripts/raft_play.h"

using namespace lockstep::tests;

TEST_CASE("a snapshot transfer goes on after a crash of the receiver [§7]") {
  RaftPlay::Setting setting;
  setting.options["snapshot_every"] = "8";
  setting.options["snapshot_chunk"] = "64";
  RaftPlay play("snapshot_resumes",
                "n3 misses more than the log keeps, and crashes while the snapshot arrives.",
                setting);
  play.act([&]() -> awaitable<void> {
    co_await play.elect(n1);
    play.partition({n3});
    play.witness().set_quiet(true);
    for (int at = 1; at <= 10; ++at) {
      co_await play.ask(n1, put("k" + std::to_string(at), "a value of some length"));
    }
    co_await play.sleep(60ms);
    play.witness().set_quiet(false);
    play.table("n1 and n2 replaced their logs up to 8 by snapshots (s)");
    play.witness().show_messages({"InstallSnapshot", "SnapshotReply"});
    play.heal();
    co_await play.sleep(36ms);
    play.crash(n3);
    co_await play.sleep(20ms);
    play.restart(n3);
    co_await play.sleep(120ms);
    play.table("n3 has caught up");
    CHECK(play.field(n3, "commit") == play.field(n1, "commit"));
  });
}
