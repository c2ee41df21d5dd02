#include "tests/bench/rounds.h"

#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

std::uint64_t allocated = 0;

/// CPU time of this process in nanoseconds.
std::int64_t cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

// Counted here, in this program only. The other forms of new and delete call these two.
void* operator new(std::size_t size) {
  ++allocated;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace lockstep::bench {

std::uint64_t allocations() { return allocated; }

namespace {

struct Turns {
  std::vector<double> nanoseconds;  // Per step, one for each turn.
  Tally before;
  std::uint64_t allocated = 0;
};

void take_turn(const Subject& subject, int milliseconds, Turns& turns) {
  const Tally before = subject.tally();
  const std::uint64_t allocated_before = allocations();
  const std::int64_t begin = cpu_time();
  const std::int64_t end = begin + milliseconds * std::int64_t{1'000'000};
  std::int64_t now = begin;
  while (now < end) {
    subject.run();
    now = cpu_time();
  }
  turns.allocated += allocations() - allocated_before;
  const std::uint64_t steps = subject.tally().steps - before.steps;
  turns.nanoseconds.push_back(static_cast<double>(now - begin) / static_cast<double>(steps));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Measured summarise(const Subject& subject, const Turns& turns) {
  const Tally after = subject.tally();
  const double steps = static_cast<double>(after.steps - turns.before.steps);
  const auto per_step = [&](std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(to - from) / steps;
  };
  Measured measured;
  measured.name = subject.name;
  measured.nanoseconds = median(turns.nanoseconds);
  measured.handlers_per_step = per_step(turns.before.handlers, after.handlers);
  measured.messages_per_step = per_step(turns.before.messages, after.messages);
  measured.commits_per_step = per_step(turns.before.commits, after.commits);
  measured.seeds_per_step = per_step(turns.before.seeds, after.seeds);
  measured.allocations_per_step = per_step(0, turns.allocated);
  return measured;
}

}  // namespace

std::vector<Measured> take_turns(const std::vector<Subject>& subjects, int turns,
                                 int milliseconds) {
  std::vector<Turns> taken(subjects.size());
  for (std::size_t at = 0; at < subjects.size(); ++at) taken[at].before = subjects[at].tally();
  for (int turn = 0; turn < turns; ++turn) {
    for (std::size_t at = 0; at < subjects.size(); ++at) {
      take_turn(subjects[at], milliseconds, taken[at]);
    }
  }
  std::vector<Measured> all;
  for (std::size_t at = 0; at < subjects.size(); ++at) {
    all.push_back(summarise(subjects[at], taken[at]));
  }
  return all;
}

}  // namespace lockstep::bench
