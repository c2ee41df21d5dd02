// The virtual-time event loop: a slab of events, found by time.
//
// Nearly all events are due within milliseconds, at multiples of the quantum: a ring has a queue
// for each of the next quanta, so that such an event costs no search. Later ones stand in a 4-ary
// heap of {time, sequence, slot} until they are due; the next event is the earlier one of the two.
//
// Events at the same time fire in the order in which they were scheduled. Nothing is allocated per
// event once slab and heap have grown to their working size. Coroutines run on the same loop
// through transport/simulated/executor.h; their continuations run before the next event does.
#pragma once

#include <array>
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
  std::size_t pending() const { return slab_.size() - free_slots_.size(); }

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
  struct Slot {
    Event event;
    Key key;
    std::uint32_t next;  // In its queue, if it stands in one.
  };
  /// The events that are due within one quantum, in order.
  struct Queue {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
  };
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint32_t kQueues = 64;

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

  static std::uint64_t quantum_of(Time time) {
    return static_cast<std::uint64_t>(time.time_since_epoch() / kQuantum);
  }
  std::uint32_t take_slot();
  std::uint32_t earliest_queue() const;
  const Key& next() const;
  std::uint32_t pop();
  void enqueue(std::uint32_t queue, std::uint32_t slot);
  void dequeue(std::uint32_t queue);
  void push_heap(Key key);
  void pop_heap();
  void run_jobs();

  Time now_{};
  std::uint64_t fired_ = 0;
  std::uint64_t next_sequence_ = 0;
  std::vector<Slot> slab_;
  std::vector<std::uint32_t> free_slots_;
  std::array<Queue, kQueues> ring_;  // By quantum, from that of now_ on and around.
  std::uint64_t occupied_ = 0;       // Bit k: the queue k is not empty.
  std::vector<Key> heap_;
  std::deque<std::unique_ptr<Waiting>> jobs_;
};

}  // namespace lockstep::transport
