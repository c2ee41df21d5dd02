// Part D: logs stay short, and a snapshot is as good as the log that it replaced.
#include <fmt/core.h>

#include <array>

#include "labs/raft/lab.h"
#include "labs/raft/properties.h"
#include "labs/raft/tally.h"
#include "statemachine/kv.h"

namespace lockstep::labs {

using consensus::raft::Message;
using transport::NodeId;
namespace kv = statemachine::kv;
using namespace std::chrono_literals;

namespace {

chaos::ScenarioOptions three_with_snapshots(transport::NetworkConditions network = {}) {
  return {.nodes = 3, .options = {{"snapshot_every", "10"}}, .network = network};
}

Stage::Task<> put_many(Stage& stage, int first, int count) {
  for (int number = first; number < first + count; ++number) {
    co_await stage.execute(kv::put(fmt::format("k{}", number % 4), std::to_string(number)));
  }
}

Stage::Task<> read_all(Stage& stage) {
  for (int key = 0; key < 4; ++key) co_await stage.execute(kv::get(fmt::format("k{}", key)));
}

Stage::Task<> logs_stay_short(Stage& stage) {
  Tally tally(stage);
  co_await settled_leader(stage);
  constexpr std::size_t kValue = 1000;
  constexpr std::uint64_t kBound = 100'000;
  for (int number = 0; number < 300; ++number) {
    const auto letter = static_cast<char>('a' + number % 26);
    co_await stage.execute(kv::put(fmt::format("k{}", number % 4), std::string(kValue, letter)));
  }
  co_await tally.await_applied();
  for (const NodeId node : stage.cluster().nodes()) {
    const auto bytes = tally.stored_bytes(node);
    stage.expect(bytes <= kBound,
                 fmt::format("after 300 commands of {} bytes at most {} bytes are stored, as {} of "
                             "them are at most in the log",
                             kValue, kBound, 20),
                 fmt::format("{} has {} bytes on its disk", to_string(node), bytes));
  }
}

Stage::Task<> behind_by_a_snapshot(Stage& stage, Tally& tally, int from) {
  const NodeId leader = co_await settled_leader(stage);
  const NodeId behind = stage.cluster().nodes()[number(leader) % 3];
  stage.world().isolate(behind);
  co_await put_many(stage, from, 40);
  const auto before = tally.sent(Message::kInstallSnapshot);
  stage.world().reconnect(behind);
  co_await tally.await_applied();
  stage.expect(
      tally.sent(Message::kInstallSnapshot) > before,
      "a follower that misses entries which nobody keeps any more gets a snapshot",
      fmt::format("{} missed 40 entries, and no InstallSnapshot was sent", to_string(behind)));
}

Stage::Task<> snapshot_reaches_the_one_behind(Stage& stage) {
  Tally tally(stage);
  co_await put_many(stage, 0, 5);
  co_await behind_by_a_snapshot(stage, tally, 5);
  co_await read_all(stage);
  // Whoever got the snapshot has to be able to lead with it.
  for (int round = 0; round < 3; ++round) {
    const NodeId leader = co_await settled_leader(stage);
    stage.world().isolate(leader);
    co_await another_leader(stage, leader);
    co_await put_many(stage, 50 + round, 1);
    co_await read_all(stage);
    stage.world().reconnect(leader);
    co_await tally.await_applied();
  }
}

Stage::Task<> snapshots_on_a_bad_network(Stage& stage) {
  Tally tally(stage);
  co_await put_many(stage, 0, 5);
  for (int round = 0; round < 3; ++round) {
    co_await settled_leader(stage);
    const NodeId behind = stage.cluster().nodes()[static_cast<std::size_t>(round)];
    stage.world().isolate(behind);
    co_await put_many(stage, 5 + round * 30, 30);
    stage.world().reconnect(behind);
    co_await tally.await_applied();
  }
  co_await read_all(stage);
}

Stage::Task<> all_restart(Stage& stage) {
  Tally tally(stage);
  for (int round = 0; round < 4; ++round) {
    co_await put_many(stage, round * 17, 17);
    for (const NodeId node : stage.cluster().nodes()) stage.cluster().crash(node);
    for (const NodeId node : stage.cluster().nodes()) stage.cluster().restart(node);
    if (round % 2 == 0) co_await read_all(stage);
  }
  co_await read_all(stage);
  co_await tally.await_applied();
}

/// After a restart, and with hardly anything new, the snapshot must still be on the disk.
Stage::Task<> snapshot_is_kept(Stage& stage) {
  Tally tally(stage);
  co_await put_many(stage, 0, 25);
  for (int round = 0; round < 3; ++round) {
    const NodeId leader = co_await settled_leader(stage);
    const NodeId node = stage.cluster().nodes()[number(leader) % 3];
    stage.cluster().crash(node);
    stage.cluster().restart(node);
    co_await put_many(stage, 25 + round, 1);
    co_await tally.await_applied();
    for (const NodeId each : stage.cluster().nodes()) stage.cluster().crash(each);
    for (const NodeId each : stage.cluster().nodes()) stage.cluster().restart(each);
    co_await read_all(stage);
  }
  co_await tally.await_applied();
}

Stage::Task<> repeated_across_snapshots(Stage& stage) {
  Tally tally(stage);
  co_await settled_leader(stage);
  const auto client = stage.world().new_client();
  const std::string command = kv::append("x", "a");
  const NodeId leader = co_await settled_leader(stage);
  const NodeId behind = stage.cluster().nodes()[number(leader) % 3];
  stage.world().isolate(behind);
  const std::string once = co_await insist(stage, client, command);
  for (int number = 0; number < 40; ++number) {
    co_await insist(stage, stage.world().new_client(), kv::put("y", std::to_string(number)));
  }
  stage.world().reconnect(behind);
  co_await tally.await_applied();
  for (int round = 0; round < 3; ++round) {
    // By whom its session came in a snapshot, from the leader or from the disk.
    if (round > 0) {
      for (const NodeId node : stage.cluster().nodes()) stage.cluster().crash(node);
      for (const NodeId node : stage.cluster().nodes()) stage.cluster().restart(node);
    }
    const std::string again = co_await insist(stage, client, command);
    stage.expect(once == again, "a repeated request gets the result of the first",
                 "the answer differs from the first, which is older than the last snapshot");
  }
  const std::string value = co_await value_of(stage, "x");
  stage.expect_equal("a", value, "a request is executed once, also when its entry is compacted");
  co_await tally.await_applied();
}

/// One node is cut off now and then, snapshots reach it twice, and it dies as they do.
constexpr std::string_view kInstalls = R"(
storm_ms: 2500
conditions { duplicate_ppm: 50000 reorder_ppm: 50000 sync_low_us: 500 sync_high_us: 10000 }
fault { at_ms: 300 for_ms: 300 isolate { node { id: 2 } } }
fault { at_ms: 900 for_ms: 300 isolate { node { id: 2 } } }
fault { at_ms: 1500 for_ms: 300 isolate { node { id: 3 } } }
fault { at_ms: 2000 for_ms: 200 isolate { node { role: LEADER } } }
fault { on { nth: 1 message { name: "InstallSnapshot" } } delay_ms: 4 for_ms: 20
    crash { node { role: RECEIVER } } }
fault { on { nth: 2 message { name: "SnapshotReply" } } for_ms: 1
    crash { node { role: SENDER } } }
fault { on { nth: 4 message { name: "SnapshotReply"
    field { field: "installed" equals: "true" } } } for_ms: 1 crash { node { role: SENDER } } }
fault { on { nth: 6 message { name: "InstallSnapshot" } } for_ms: 100
    crash { node { role: SENDER } } }
fault { on { nth: 9 message { name: "InstallSnapshot" } } delay_ms: 3 for_ms: 30
    crash { node { role: RECEIVER } point: AFTER_STORAGE } }
)";

/// Snapshots sleep in the network until their receiver is far ahead of them.
constexpr std::string_view kLateSnapshots = R"(
storm_ms: 2500
conditions { duplicate_ppm: 20000 }
fault { at_ms: 300 for_ms: 300 isolate { node { id: 2 } } }
fault { at_ms: 1000 for_ms: 300 isolate { node { id: 3 } } }
fault { at_ms: 1600 for_ms: 300 isolate { node { id: 1 } } }
fault { on { nth: 1 message { name: "InstallSnapshot" } } duplicate_it { after_ms: 150 } }
fault { on { nth: 2 message { name: "InstallSnapshot" } } duplicate_it { after_ms: 60 } }
fault { on { nth: 3 message { name: "InstallSnapshot" } } duplicate_it { after_ms: 400 } }
fault { on { nth: 5 message { name: "InstallSnapshot" } } duplicate_it { after_ms: 200 } }
fault { on { nth: 7 message { name: "InstallSnapshot" } } duplicate_it { after_ms: 100 } }
fault { on { nth: 20 message { name: "AppendEntries" } } duplicate_it { after_ms: 300 } }
fault { on { nth: 60 message { name: "AppendEntries" } } duplicate_it { after_ms: 200 } }
fault { on { nth: 120 message { name: "AppendEntries" } } duplicate_it { after_ms: 400 } }
)";

/// Large states, on their way for long, while new snapshots are made.
constexpr std::string_view kPieces = R"(
storm_ms: 2500
conditions { delay_low_us: 2000 delay_high_us: 12000 duplicate_ppm: 100000
    reorder_ppm: 100000 loss_ppm: 50000 }
fault { at_ms: 200 for_ms: 300 isolate { node { id: 2 } } }
fault { at_ms: 800 for_ms: 300 isolate { node { id: 3 } } }
fault { at_ms: 1300 for_ms: 300 isolate { node { id: 1 } } }
fault { at_ms: 1900 for_ms: 300 isolate { node { id: 2 } } }
fault { on { nth: 8 message { name: "InstallSnapshot" } } for_ms: 200
    crash { node { role: SENDER } } }
fault { on { nth: 20 message { name: "InstallSnapshot" } } for_ms: 30
    crash { node { role: RECEIVER } } }
fault { on { nth: 40 message { name: "InstallSnapshot" } } for_ms: 200
    isolate { node { role: SENDER } } }
)";

/// Logs that are empty most of the time, and others that are not, by the seed.
chaos::RunSpec fails_with_snapshots(const chaos::System& system, std::uint64_t seed) {
  constexpr std::array<const char*, 4> kEvery{"1", "3", "5", "9"};
  const Storm storm{
      .nodes = 3, .options = {{"snapshot_every", kEvery[seed % kEvery.size()]}}, .probe_stride = 8};
  return swarm(storm, chaos::FaultModel::crash_recovery())(system, seed);
}

}  // namespace

void add_snapshot_tests(LabBuilder& lab) {
  lab.test({.name = "logs_stay_short",
            .points = 4,
            .promise =
                "a log is compacted after every snapshot_every applied entries, on the disk, "
                "too",
            .source = "Raft paper, section 7",
            .hints = {"A snapshot holds machine.snapshot(), the last index and term that it "
                      "covers, and what you know of clients.",
                      "Store the snapshot and remove the entries that it covers in one handler: "
                      "that is one atomic write."},
            .seeds = 2,
            .body = Script{three_with_snapshots(), logs_stay_short}});
  lab.test({.name = "snapshot_reaches_the_one_behind",
            .points = 4,
            .promise =
                "a follower that needs entries which were compacted gets a snapshot, and can "
                "lead with it",
            .source = "Raft paper, section 7 and Figure 13",
            .hints = {"When the next index of a follower is not in your log any more, "
                      "AppendEntries cannot help.",
                      "After installing, the follower's log begins after last_index, and last_term "
                      "is the term of the entry before.",
                      "Claim it: ctx.observe(Installed{{}, last_index, last_term, digest})."},
            .body = Script{three_with_snapshots(), snapshot_reaches_the_one_behind}});
  lab.test({.name = "snapshots_on_a_bad_network",
            .points = 3,
            .promise = "snapshots arrive although messages are lost, repeated and overtaken",
            .source = "Raft paper, Figure 13",
            .hints = {"InstallSnapshot may be lost: send it again until it is acknowledged.",
                      "A piece that came twice, or out of order, must not end up in the state "
                      "twice."},
            .body = Script{three_with_snapshots({{1ms, 15ms}, 100'000, 100'000, 100'000}),
                           snapshots_on_a_bad_network}});
  lab.test({.name = "snapshots_and_crashes",
            .points = 3,
            .promise = "a node that dies while a snapshot is made, sent or installed comes back "
                       "right",
            .source = "Raft paper, section 7",
            .hints = {"State, log and the index between them have to change together.",
                      "Acknowledge a snapshot when it is durable, in the handler that stores it."},
            .seeds = 10,
            .body = story({.nodes = 3, .options = {{"snapshot_every", "6"}}, .probe_stride = 4},
                          kInstalls)});
  lab.test({.name = "all_restart",
            .points = 2,
            .promise = "after all nodes restarted everything acknowledged is there",
            .source = "Raft paper, section 7",
            .hints = {"Restore the machine from the snapshot, then the log goes on behind it.",
                      "After a restart applied and commit index begin at the snapshot's index."},
            .body = Script{three_with_snapshots(), all_restart}});
  lab.test({.name = "snapshot_is_kept",
            .points = 1,
            .promise = "a snapshot that was read back at a start is still there at the next one",
            .source = "Raft paper, section 7",
            .hints = {"Does a later write remove the snapshot that you have read?"},
            .seeds = 2,
            .body = Script{three_with_snapshots(), snapshot_is_kept}});
  lab.test({.name = "repeated_across_snapshots",
            .points = 4,
            .promise = "a repeated request is executed once, also when its entry was compacted",
            .source = "dissertation, section 6.3",
            .hints = {"Where does a follower that got a snapshot know the clients from?",
                      "What you know of clients is part of the snapshot."},
            .body = Script{three_with_snapshots(), repeated_across_snapshots}});
  lab.test({.name = "late_snapshots",
            .points = 2,
            .promise = "a snapshot that is older than what its receiver has changes nothing",
            .source = "Raft paper, section 7 and Figure 13",
            .hints = {"Compare last_index with your commit index before you install.",
                      "An entry that you compacted is committed: it agrees with any leader's."},
            .seeds = 10,
            .body = story({.nodes = 3, .options = {{"snapshot_every", "6"}}, .probe_stride = 16},
                          kLateSnapshots)});
  lab.test(
      {.name = "large_snapshots",
       .points = 2,
       .promise = "a state of many thousand bytes arrives whole, though the leader makes new "
                  "snapshots meanwhile",
       .source = "Raft paper, Figure 13",
       .hints = {"If you send it in pieces: of which snapshot is a piece?",
                 "Go on only with pieces of the same last_index, last_term and size, and begin "
                 "anew when another snapshot comes."},
       .seeds = 12,
       .body = story({.nodes = 3,
                      .keys = 6,
                      .read_percent = 20,
                      .value_bytes = 3000,
                      .options = {{"snapshot_every", "6"}},
                      .probe_stride = 16},
                     kPieces)});
  lab.test({.name = "torn_snapshots",
            .points = 1,
            .promise = "a crash in the middle of writing a snapshot leaves the one before, or the "
                       "log",
            .source = "Raft paper, section 7",
            .hints = {"The first records of the write are there, the last one is cut. What is gone "
                      "by then?",
                      "First the state, beside the old one; then what names it; and then goes what "
                      "it replaces.",
                      "Entries behind a snapshot may be left over from a log that did not agree "
                      "with it."},
            .seeds = 16,
            .body = torn_followers({.nodes = 3})});
  lab.test({.name = "faults_with_snapshots",
            .points = 4,
            .promise = "clients see one copy of the data while logs are compacted all the time and "
                       "everything fails that may fail",
            .source = "Raft paper, section 7 and Figure 3",
            .hints = {"The rule on the page says which property was broken; start at its section.",
                      "Whatever asks for the term of an entry must know the one at the snapshot's "
                      "index."},
            .seeds = 20,
            .body = Property(fails_with_snapshots)});
}

}  // namespace lockstep::labs
