// One drawing of a fault plan; see swarm_plan() in chaos/fault_plans.h.
//
// swarm.cc        which kinds are on, conditions, and single faults
// swarm_plots.cc  small plots of one or more faults that a person would think of
// swarm_churn.cc  changes of the group, one building upon the other
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/fault_plans.h"
#include "transport/random.h"

namespace lockstep::chaos {

/// Draws for one purpose, one after the other.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t entity) : seed_(seed), entity_(entity) {}

  std::uint32_t below(std::uint32_t bound) {
    const auto word = transport::draw(seed_, "swarm", entity_, ordinal_++);
    return static_cast<std::uint32_t>(transport::below(word, bound));
  }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + below(high - low + 1);
  }
  bool percent(std::uint32_t share) { return below(100) < share; }
  template <class Values>
  const auto& one_of(const Values& values) {
    return values[below(static_cast<std::uint32_t>(values.size()))];
  }

 private:
  std::uint64_t seed_;
  std::uint64_t entity_;
  std::uint64_t ordinal_ = 0;
};

class Swarm {
 public:
  Swarm(std::uint64_t seed, const FaultModel& model, std::uint32_t nodes,
        const std::vector<std::string>& message_names)
      : seed_(seed), nodes_(nodes), names_(message_names), dice_(seed, 0) {
    for (const auto& name : names_) {
      if (answers(name)) answers_.push_back(name);
      if (name.find("Snapshot") != std::string::npos) transfers_.push_back(name);
    }
    choose_kinds(model);
  }

  FaultPlan plan();

 private:
  static bool answers(const std::string& name);
  bool on(FaultKind kind) const { return on_.survives(kind); }
  void choose_kinds(const FaultModel& model);
  static std::uint32_t nodes_needed(FaultKind kind);
  void conditions();

  // Faults in general.

  std::uint32_t moment() { return dice_.below(plan_.storm_ms()); }

  /// How long something that may stop all progress lasts. At most half of the storm is spent so,
  /// in order that clients get somewhere in the other half.
  std::uint32_t while_disturbed();
  /// As long as that, or briefly if too much of the storm is spent.
  std::uint32_t charged(std::uint32_t lasts);
  std::uint32_t nth() { return dice_.percent(50) ? dice_.between(1, 8) : dice_.between(1, 120); }

  Fault& add(std::uint32_t at, std::uint32_t lasts);
  Fault& disturb_at_some_moment();
  Fault& on_message(std::uint32_t which, const std::string& name, std::uint32_t lasts);
  Fault& on_some_message(std::uint32_t lasts);

  /// A message that an event may wait for; more often one that promises something.
  std::string message_name();

  /// Names the fault at a position, counted from 1, if it has no name yet.
  std::string name_of_fault(int position);
  void any_node(Node& node);
  void any_link(Node& from, Node& to);
  std::vector<std::uint32_t> some_nodes(std::uint32_t count);

  // One fault at a random time, or at a random event.

  void single(FaultKind kind);
  void fill(Fault& fault, FaultKind kind);
  void partition(Partition& partition);
  void crash(Crash& crash);
  void point(Crash& crash);

  // Plots.

  bool plot();

  /// What was promised must be durable: the sender dies as its promise leaves, and is soon back.
  bool crash_after_a_promise();
  bool crash_at_a_write();

  /// The old leader keeps some followers, and its log goes on in vain.
  bool leader_in_a_minority();
  bool one_leader_after_the_other();
  bool leaders_cut_off();

  /// The leader goes on in vain for longer than the others wait for it.
  bool dethrone();

  /// One end dies in the middle of something large.
  bool transfer_broken_off();

  /// One follower is away for so long that the others no longer keep what it misses.
  bool left_behind();
  bool rolling_restart();

  /// One receiver hears of it, and perhaps the sender dies before it can repeat itself.
  bool half_a_broadcast();

  /// A message sleeps in the network until the world has moved on.
  bool late_message();
  bool old_message_again();
  bool all_at_once();
  bool cut_off_in_the_act();

  // Changes of the group.

  void churn();
  Fault& change(std::uint32_t at);
  Fault& soon_after(const Fault& earlier, std::uint32_t wait_ms);
  bool can_grow() const { return highest_ < kNodesMax && highest_ < nodes_ + kSparesMax; }
  bool can_shrink() const { return members_.size() > kVotersMin; }
  std::uint32_t newcomer();
  void grow();
  void learn_then_vote();
  void replace();
  void shrink(Fault& fault);
  void transfer();

  static constexpr std::uint32_t kSparesMax = 4;
  static constexpr std::uint32_t kVotersMin = 3;

  std::uint64_t seed_;
  std::uint32_t nodes_;
  const std::vector<std::string>& names_;
  std::vector<std::string> answers_;    ///< messages that promise something
  std::vector<std::string> transfers_;  ///< parts of something large
  Dice dice_;
  std::vector<FaultKind> kinds_;
  FaultModel on_;
  std::uint32_t max_drift_ppm_ = 0;
  std::uint32_t calm_ms_ = 0;
  std::vector<std::uint32_t> members_;  ///< voters, if all changes so far are made
  std::uint32_t highest_ = 0;           ///< number of a node so far
  FaultPlan plan_;
};

}  // namespace lockstep::chaos
