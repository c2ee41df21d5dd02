// The master's machine: who may change what, in which epoch.
#include "consensus/chain/master.h"

#include <doctest/doctest.h>

#include "tests/consensus/node_bench.h"

namespace lockstep::consensus::tests {
namespace {

using chain::Wish;

struct MasterBench {
  chain::Configuration ask(Wish wish, std::uint64_t epoch, NodeId by, NodeId node) {
    return *chain::parse_configuration(machine.apply(
        chain::encode_wish(wish, epoch, by, node, wish == Wish::Found ? first(3) : Nodes{})));
  }
  chain::Configuration found() { return ask(Wish::Found, 0, kSelf, kSelf); }

  statemachine::AnyMachine machine = chain::make_master();
};

}  // namespace

TEST_CASE("the founders are the first chain, and there is only one") {
  MasterBench bench;
  CHECK(chain::to_string(bench.found()) == "1: n1 n2 n3");
  CHECK(chain::to_string(bench.found()) == "1: n1 n2 n3");
}

TEST_CASE("a server is removed only after it was suspected, and that begins an epoch") {
  MasterBench bench;
  bench.found();
  CHECK(bench.ask(Wish::Remove, 1, kSelf, kThird).epoch == 1);
  CHECK(chain::to_string(bench.ask(Wish::Suspect, 1, kSelf, kThird)) ==
        "1: n1 n2 n3 suspecting n3");
  CHECK(chain::to_string(bench.ask(Wish::Remove, 1, kSelf, kThird)) == "2: n1 n2");
}

TEST_CASE("who is suspected is not believed, so the chain keeps a last server") {
  MasterBench bench;
  bench.found();
  bench.ask(Wish::Suspect, 1, kSelf, kSecond);
  CHECK_FALSE(bench.ask(Wish::Suspect, 1, kSecond, kSelf).is_suspected(kSelf));
  CHECK_FALSE(bench.ask(Wish::Suspect, 1, kSelf, kSelf).is_suspected(kSelf));
}

TEST_CASE("who joins gets a place at the end once the tail says that it has the history") {
  MasterBench bench;
  bench.found();
  const NodeId fourth{4};
  CHECK(chain::to_string(bench.ask(Wish::Join, 1, fourth, fourth)) == "2: n1 n2 n3 joining n4");
  CHECK(bench.ask(Wish::Extend, 2, kSelf, fourth).epoch == 2);
  const auto extended = bench.ask(Wish::Extend, 2, kThird, fourth);
  CHECK(chain::to_string(extended) == "3: n1 n2 n3 n4");
  CHECK(extended.since(fourth) == 2);
}

TEST_CASE("what was meant in another epoch does not happen") {
  MasterBench bench;
  bench.found();
  CHECK_FALSE(bench.ask(Wish::Suspect, 2, kSelf, kThird).is_suspected(kThird));
  CHECK_FALSE(bench.ask(Wish::Suspect, 0, kSelf, kThird).is_suspected(kThird));
}

TEST_CASE("the state goes through a snapshot, and malformed bytes are none") {
  MasterBench bench;
  bench.found();
  bench.ask(Wish::Suspect, 1, kSelf, kThird);
  auto copy = chain::make_master();
  CHECK(copy.restore(bench.machine.snapshot()));
  CHECK(copy.digest() == bench.machine.digest());
  CHECK_FALSE(copy.restore("\xff"));
  CHECK(copy.digest() == bench.machine.digest());
  CHECK_FALSE(copy.read("\xff").has_value());
}

}  // namespace lockstep::consensus::tests
