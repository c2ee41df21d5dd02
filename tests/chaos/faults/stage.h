// A stage for fault plans: five toy nodes that tick, tell each other and store what they said,
// under an injector, with everything that happened kept in a list.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "chaos/fault_plans.h"
#include "chaos/injector.h"
#include "tests/chaos/faults/toy.messages.h"
#include "transport/node.h"
#include "transport/simulated/cluster.h"

namespace lockstep::toy_faults {

using namespace std::chrono_literals;
using transport::NodeId;
using transport::Time;
using transport::Witness;

/// Ticks every 10 ms: counts, stores the count, and broadcasts it with its clocks. Node 1 leads,
/// and tells operators at each tenth tick that all is done, that node 2 never leaves, and to try
/// again if node 3 is to lead. Of node 6 as a learner it says nothing.
class Toy {
 public:
  using Message = toy_faults::Message;
  enum class Timer { Tick };
  struct Options {};
  using Ctx = transport::Context<Toy>;

  explicit Toy(Options) {}
  void on(Ctx& ctx, transport::Start start);
  void on(Ctx& ctx, const transport::Request& request);
  void on(Ctx& ctx, NodeId from, const Beat& beat);
  void on(Ctx& ctx, NodeId from, const Heard& heard);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);
  void describe(transport::Fields& fields) const;

 private:
  std::uint64_t number_ = 0;
  bool corrupt_ = false;
};

/// One thing that was witnessed.
struct Seen {
  Witness::Kind kind{};
  Time at{};
  NodeId node{};
  NodeId peer{};
  std::string name;
  std::uint64_t number = 0;
  std::uint64_t now_us = 0;
  std::int64_t wall_us = 0;
  std::uint64_t incarnation = 0;
  bool operator==(const Seen&) const = default;
};

class Stage final : public transport::Observer {
 public:
  /// A run of the plan's text (or the plan), begun and not yet moved. The text must be valid.
  explicit Stage(const std::string& text, std::uint64_t seed = 1, std::uint32_t nodes = 5,
                 std::uint32_t max_failed = 63);
  explicit Stage(chaos::FaultPlan plan, std::uint64_t seed = 1, std::uint32_t nodes = 5,
                 std::uint32_t max_failed = 63);

  /// Moves virtual time on.
  void run_to(std::int64_t ms);

  void see(const Witness& witness) override;

  /// How many of what was seen the test accepts.
  template <class Test>
  std::size_t count(Test test) const {
    std::size_t found = 0;
    for (const auto& one : seen) found += test(one) ? 1 : 0;
    return found;
  }
  std::size_t count(Witness::Kind kind, std::uint32_t node, std::uint32_t peer,
                    std::int64_t from_ms = 0, std::int64_t to_ms = 1'000'000) const;
  std::size_t count(Witness::Kind kind) const;
  /// The first of a kind at a node, or nothing.
  const Seen* first(Witness::Kind kind, std::uint32_t node, std::int64_t from_ms = 0) const;

  std::string field(std::uint32_t node, const std::string& name) const;
  std::uint64_t effects(std::size_t fault = 0) const {
    return injector.injected().at(fault).effects;
  }
  std::uint64_t effects(chaos::FaultKind kind) const {
    return injector.counts()[static_cast<std::size_t>(kind)];
  }

  chaos::FaultPlan plan;
  transport::EventLoop loop;
  transport::Cluster cluster;
  chaos::Injector injector;
  std::vector<Seen> seen;
};

constexpr NodeId n(std::uint32_t number) { return NodeId{number}; }
constexpr std::int64_t ms(Time at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

}  // namespace lockstep::toy_faults
