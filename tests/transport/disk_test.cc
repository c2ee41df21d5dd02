// Storage and the simulated disk: order, group commit, and what a crash may and may not leave.
#include "transport/simulated/disk.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "transport/random.h"

namespace lockstep::tests {
namespace {

using transport::apply;
using transport::below;
using transport::Disk;
using transport::draw;
using transport::Effects;
using transport::Image;
using transport::number_of_key;
using transport::numbered_key;
using transport::Storage;
using transport::undo;

/// A disk and the image above it, as one node has them.
struct Machine {
  Image image;
  Disk disk;
  Effects effects;

  Storage storage() { return {image, effects.writes}; }
  void end_handler() {
    disk.hold(effects, {});
    effects.clear();
  }
  void write(std::string key, std::string value) {
    storage().put(std::move(key), std::move(value));
    end_handler();
  }
  void say(std::uint32_t to) {
    effects.outgoing.push_back(
        {transport::Outgoing::Kind::Message, false, transport::NodeId{to}, {}, {}});
    end_handler();
  }
  /// Ends a sync; gives what it released, such as "w1 s2": a write of one key, a send to node 2.
  std::string sync(bool lies = false) {
    std::string story;
    disk.end_sync(lies, [&](Disk::Held& held) { return note(held, story); });
    disk.release_dry([&](Disk::Held& held) { return note(held, story); });
    return story;
  }
  static bool note(const Disk::Held& held, std::string& story) {
    if (!held.writes.empty()) story += "w" + std::to_string(held.writes.size()) + " ";
    for (const auto& sent : held.outgoing) story += "s" + std::to_string(number(sent.to)) + " ";
    return true;
  }
};

TEST_CASE("own writes are readable at once") {
  Machine machine;
  auto storage = machine.storage();
  CHECK_FALSE(storage.get("a"));
  storage.put("a", "1");
  CHECK(storage.get("a") == "1");
  storage.put("a", "2");
  CHECK(storage.get("a") == "2");
  storage.erase("a");
  CHECK_FALSE(storage.get("a"));
  storage.erase("never there");
  CHECK(machine.effects.writes.size() == 3);
}

TEST_CASE("undo restores erased and overwritten values, and removes new ones") {
  Machine machine;
  machine.image = {{"erased", "e"}, {"overwritten", "o"}, {"untouched", "u"}};
  const Image before = machine.image;
  auto storage = machine.storage();
  storage.erase("erased");
  storage.put("overwritten", "1");
  storage.put("overwritten", "2");
  storage.put("new", "n");
  storage.erase("new");
  storage.put("erased", "back");
  const Image after = machine.image;
  undo(machine.image, machine.effects.writes);
  CHECK(machine.image == before);
  apply(machine.image, machine.effects.writes);
  CHECK(machine.image == after);
}

TEST_CASE("numbered keys sort as their numbers do, and give them back") {
  std::uint64_t last = 0;
  for (const std::uint64_t number : {1ull, 2ull, 255ull, 256ull, 1ull << 31, 1ull << 63, ~0ull}) {
    CHECK(numbered_key("log/", last) < numbered_key("log/", number));
    CHECK(number_of_key(numbered_key("log/", number)) == number);
    last = number;
  }
  CHECK(numbered_key("log/", 5).size() == 12);
}

TEST_CASE("a sync releases, in order, what was held when it began, and what then waits dry") {
  Machine machine;
  CHECK(machine.disk.idle());
  machine.write("a", "1");
  machine.say(1);
  CHECK(machine.disk.wants_sync());
  machine.disk.begin_sync();
  CHECK_FALSE(machine.disk.wants_sync());
  machine.say(2);
  machine.write("b", "2");
  machine.say(3);
  CHECK(machine.sync() == "w1 s1 s2 ");
  CHECK(machine.disk.unsynced() == 1);
  CHECK(machine.disk.wants_sync());
  machine.disk.begin_sync();
  CHECK(machine.sync() == "w1 s3 ");
  CHECK(machine.disk.idle());
}

TEST_CASE("one sync covers many handlers") {
  Machine machine;
  for (const char* key : {"a", "b", "c"}) machine.write(key, "1");
  machine.disk.begin_sync();
  CHECK(machine.sync() == "w1 w1 w1 ");
}

/// Six batches of two writes each, one of them synced; then a crash.
Image after_crash(std::uint64_t kept, bool torn, Machine& machine) {
  machine.write("synced", "yes");
  machine.disk.begin_sync();
  machine.sync();
  for (int batch = 1; batch <= 5; ++batch) {
    auto storage = machine.storage();
    storage.put("first" + std::to_string(batch), "full");
    storage.put("latest", std::to_string(batch));
    machine.end_handler();
    machine.say(1);
  }
  machine.disk.crash(machine.image, {kept, torn});
  return machine.image;
}

TEST_CASE("a crash loses a suffix of the un-synced batches, never a hole, never half of one") {
  std::set<std::size_t> lengths;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Machine machine;
    const Image left = after_crash(draw(seed, "kept", 0, 0), false, machine);
    CHECK(left.find("synced")->second == "yes");
    std::size_t kept = 0;
    while (left.contains("first" + std::to_string(kept + 1))) ++kept;
    CHECK(left.size() == 1 + kept + (kept > 0 ? 1 : 0));
    if (kept > 0) CHECK(*left.find("latest")->second == std::to_string(kept));
    lengths.insert(kept);
    CHECK(machine.disk.idle());
  }
  CHECK(lengths == std::set<std::size_t>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("a torn batch is a prefix of its writes with the last record cut") {
  std::set<std::size_t> lengths;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Machine machine;
    const Image left = after_crash(draw(seed, "kept", 0, 0), true, machine);
    std::size_t whole = 0;
    while (left.contains("latest") && *left.find("latest")->second != std::to_string(whole))
      ++whole;
    const auto torn = left.find("first" + std::to_string(whole + 1));
    REQUIRE(torn != left.end());
    CHECK(torn->second == "fu");
    CHECK_FALSE(left.contains("first" + std::to_string(whole + 2)));
    lengths.insert(whole);
  }
  CHECK(lengths == std::set<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("an fsync that lies releases everything, and a crash then takes it all back") {
  Machine machine;
  machine.write("kept", "1");
  machine.disk.begin_sync();
  machine.sync();
  machine.write("kept", "2");
  machine.say(1);
  machine.disk.begin_sync();
  CHECK(machine.sync(true) == "w1 s1 ");
  CHECK(machine.disk.deceived());
  machine.write("later", "3");
  CHECK(machine.disk.crash(machine.image, {~0ull, false}).empty());
  CHECK(machine.image == Image{{"kept", "1"}});
  CHECK_FALSE(machine.disk.deceived());
}

TEST_CASE("an honest fsync makes good the ones that lied") {
  Machine machine;
  machine.write("a", "1");
  machine.disk.begin_sync();
  machine.sync(true);
  machine.write("b", "2");
  machine.disk.begin_sync();
  machine.sync();
  CHECK_FALSE(machine.disk.deceived());
  machine.disk.crash(machine.image, {0, false});
  CHECK(machine.image.size() == 2);
}

TEST_CASE("a node that dies while an fsync lies loses what that fsync claimed") {
  Machine machine;
  machine.write("a", "1");
  machine.disk.begin_sync();
  machine.disk.end_sync(true, [&](Disk::Held&) {
    machine.disk.crash(machine.image, {~0ull, false});
    return false;
  });
  CHECK(machine.image.empty());
  CHECK_FALSE(machine.disk.deceived());
}

TEST_CASE("what a crash might leave at least is the image without un-synced writes") {
  Machine machine;
  machine.write("a", "1");
  machine.disk.begin_sync();
  machine.sync();
  machine.write("a", "2");
  Image copy = machine.image;
  machine.disk.rewind(copy);
  CHECK(copy == Image{{"a", "1"}});
  CHECK(machine.image == Image{{"a", "2"}});
}

}  // namespace
}  // namespace lockstep::tests
