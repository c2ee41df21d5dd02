// Measures several programs at once, in short turns, so that whatever else the machine does hits
// all of them alike and their ratios mean something.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lockstep::bench {

/// What a subject has done since it began.
struct Tally {
  std::uint64_t steps = 0;     ///< events of the loop
  std::uint64_t handlers = 0;  ///< of nodes
  std::uint64_t messages = 0;  ///< between nodes
  std::uint64_t commits = 0;   ///< requests executed
  std::uint64_t seeds = 0;     ///< whole runs
};

/// One program to measure; run() does a small piece of work, well below a millisecond or one seed.
struct Subject {
  std::string name;
  std::function<void()> run;
  std::function<Tally()> tally;
};

/// What one subject cost, in medians over all turns.
struct Measured {
  std::string name;
  double nanoseconds = 0;  ///< of CPU time, per step
  double handlers_per_step = 0;
  double messages_per_step = 0;
  double commits_per_step = 0;
  double seeds_per_step = 0;
  double allocations_per_step = 0;

  double steps_per_second() const { return 1e9 / nanoseconds; }
  double commits_per_second() const { return commits_per_step * steps_per_second(); }
  double seeds_per_second() const { return seeds_per_step * steps_per_second(); }
  double messages_per_second() const { return messages_per_step * steps_per_second(); }
  double handlers_per_second() const { return handlers_per_step * steps_per_second(); }
};

/// Gives each subject `turns` turns of `milliseconds` of CPU time, in rotation.
std::vector<Measured> take_turns(const std::vector<Subject>& subjects, int turns, int milliseconds);

/// Allocations by operator new in this program so far.
std::uint64_t allocations();

}  // namespace lockstep::bench
