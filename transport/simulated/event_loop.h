// The virtual-time event loop: a slab of events under a 4-ary heap of {time, sequence, slot}.
//
// Events at the same time fire in the order in which they were scheduled. Nothing is allocated per
// event once slab and heap have grown to their working size. Coroutines run on the same loop
// through transport/simulated/executor.h; their continuations run before the next event does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "transport/effects.h"
#include "transport/identity.h"
#include "transport/time.h"

namespace lockstep::transport {

class EventLoop;

/// One thing that will happen; what the fields mean is between scheduler and target.
struct Event {
  class Target {
   public:
    virtual ~Target() = default;
    virtual void fire(Event& event) = 0;
  };
  Target* target = nullptr;
  std::uint32_t kind = 0;
  NodeId node{};
  NodeId peer{};
  std::uint32_t number = 0;
  std::uint32_t life = 0;
  std::uint64_t key = 0;
  std::uint64_t generation = 0;
  Envelope payload;
};

class EventLoop {
 public:
  EventLoop() = default;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  Time now() const { return now_; }

  /// Events fired so far.
  std::uint64_t fired() const { return fired_; }

  /// Events that wait.
  std::size_t pending() const { return heap_.size(); }

  /// Fires `event` at `at`. Requires: at >= now(), and the target outlives the event.
  void schedule(Time at, Event event);

  /// Runs `job` before the next event fires, after the jobs that wait already.
  template <class Job>
  void post(Job job) {
    jobs_.push_back(std::make_unique<Posted<Job>>(std::move(job)));
  }

  /// Runs all waiting jobs, then one event, then the jobs that it posted. False if there was no
  /// event.
  bool step();

  /// Runs until nothing waits or the next event is later than `end`; then the time is `end`.
  void run_until(Time end);

  /// Drops everything that waits, jobs included.
  void clear();

 private:
  struct Key {
    Time time;
    std::uint64_t sequence;
    std::uint32_t slot;
    bool before(const Key& other) const {
      return time != other.time ? time < other.time : sequence < other.sequence;
    }
  };
  struct Waiting {
    virtual ~Waiting() = default;
    virtual void run() = 0;
  };
  template <class Job>
  struct Posted final : Waiting {
    explicit Posted(Job posted) : job(std::move(posted)) {}
    void run() override { job(); }
    Job job;
  };

  void push(Key key);
  Key pop();
  void run_jobs();

  Time now_{};
  std::uint64_t fired_ = 0;
  std::uint64_t next_sequence_ = 0;
  std::vector<Key> heap_;
  std::vector<Event> slab_;
  std::vector<std::uint32_t> free_slots_;
  std::deque<std::unique_ptr<Waiting>> jobs_;
};

}  // namespace lockstep::transport
