// ReadIndex (dissertation §6.4), step 1: a new leader does not know what is committed until it has
// committed an entry of its own term. Leaders that did not wait: etcd #7331, TiKV #9239.
#include <doctest/doctest.h>

#include "tests/transcripts/raft_play.h"

using namespace lockstep::tests;

TEST_CASE("a read index waits for the first commit of the term [§6.4]") {
  RaftPlay play("read_index_waits",
                "n1 commits x = 1 and dies before it tells; n2 leads, and may not yet answer.", {});
  play.act([&]() -> awaitable<void> {
    co_await play.elect(n1);
    co_await play.sleep(60ms);
    co_await play.ask(n1, put("x", "1"));
    play.crash(n1);
    play.note("n2's entries are lost, its heartbeats are not");
    play.scenario().lose([](const lockstep::transport::Transmission& transmission) {
      const auto& message =
          static_cast<const lockstep::consensus::raft::Message&>(transmission.payload.message());
      return message.has_append_entries() && !message.append_entries().entries().empty();
    });
    co_await play.elect(n2);
    play.table("x = 1 is entry 2; n2 has it, but knows of commits up to 1 only");
    const auto early = co_await play.ask(n2, get("x", ReadOptions::READ_INDEX), 200ms);
    CHECK_FALSE(early);
    play.note("n3 answers n2's heartbeats, so n2 does lead: round " +
              play.field(n2, "confirmed round") + " is confirmed, and the read waits");
    play.heal();
    co_await play.sleep(100ms);
    play.table("n2's own entry is committed, and x = 1 with it");
    CHECK(play.field(n2, "waiting reads") == "0");
  });
}
