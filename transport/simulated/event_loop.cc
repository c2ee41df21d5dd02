#include "transport/simulated/event_loop.h"

#include <algorithm>

#include "transport/check.h"

namespace lockstep::transport {

namespace {
constexpr std::size_t kArity = 4;
}

void EventLoop::schedule(Time at, Event event) {
  LOCKSTEP_CHECK(at >= now_);
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slab_.size());
    slab_.push_back(std::move(event));
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
    slab_[slot] = std::move(event);
  }
  push({at, next_sequence_++, slot});
}

bool EventLoop::step() {
  run_jobs();
  if (heap_.empty()) return false;
  const Key key = pop();
  now_ = key.time;
  ++fired_;
  Event event = std::move(slab_[key.slot]);
  free_slots_.push_back(key.slot);
  event.target->fire(event);
  run_jobs();
  return true;
}

void EventLoop::run_until(Time end) {
  run_jobs();
  while (!heap_.empty() && heap_.front().time <= end) step();
  now_ = std::max(now_, end);
}

void EventLoop::clear() {
  // Destroying a job or an event may post further ones: coroutine frames unwind here.
  while (!jobs_.empty() || !heap_.empty()) {
    const auto jobs = std::move(jobs_);
    jobs_.clear();
    const auto events = std::move(slab_);
    slab_.clear();
    heap_.clear();
    free_slots_.clear();
  }
}

void EventLoop::run_jobs() {
  while (!jobs_.empty()) {
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    job->run();
  }
}

void EventLoop::push(Key key) {
  std::size_t at = heap_.size();
  heap_.push_back(key);
  while (at > 0) {
    const std::size_t parent = (at - 1) / kArity;
    if (!key.before(heap_[parent])) break;
    heap_[at] = heap_[parent];
    at = parent;
  }
  heap_[at] = key;
}

EventLoop::Key EventLoop::pop() {
  const Key top = heap_.front();
  const Key last = heap_.back();
  heap_.pop_back();
  if (heap_.empty()) return top;
  std::size_t at = 0;
  for (;;) {
    const std::size_t first = at * kArity + 1;
    if (first >= heap_.size()) break;
    std::size_t least = first;
    const std::size_t end = std::min(first + kArity, heap_.size());
    for (std::size_t child = first + 1; child < end; ++child) {
      if (heap_[child].before(heap_[least])) least = child;
    }
    if (!heap_[least].before(last)) break;
    heap_[at] = heap_[least];
    at = least;
  }
  heap_[at] = last;
  return top;
}

}  // namespace lockstep::transport
