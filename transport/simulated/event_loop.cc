#include "transport/simulated/event_loop.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "transport/check.h"

namespace lockstep::transport {

namespace {
constexpr std::size_t kArity = 4;
}

void EventLoop::schedule(Time at, Event event) {
  LOCKSTEP_CHECK(at >= now_);
  const std::uint32_t place = take_slot();
  Slot& slot = slab_[place];
  slot.event = std::move(event);
  slot.key = {at, next_sequence_++, place};
  const std::uint64_t quantum = quantum_of(at);
  if (quantum - quantum_of(now_) < kQueues) {
    enqueue(quantum % kQueues, place);
  } else {
    push_heap(slot.key);
  }
}

std::uint32_t EventLoop::take_slot() {
  if (free_slots_.empty()) {
    slab_.emplace_back();
    return static_cast<std::uint32_t>(slab_.size() - 1);
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

bool EventLoop::step() {
  run_jobs();
  if (pending() == 0) return false;
  const std::uint32_t slot = pop();
  now_ = slab_[slot].key.time;
  ++fired_;
  Event event = std::move(slab_[slot].event);
  free_slots_.push_back(slot);
  event.target->fire(event);
  run_jobs();
  return true;
}

void EventLoop::run_until(Time end) {
  run_jobs();
  while (pending() > 0 && next().time <= end) step();
  now_ = std::max(now_, end);
}

void EventLoop::clear() {
  // Destroying a job or an event may post further ones: coroutine frames unwind here.
  while (!jobs_.empty() || pending() > 0) {
    const auto jobs = std::move(jobs_);
    jobs_.clear();
    const auto events = std::move(slab_);
    slab_.clear();
    heap_.clear();
    occupied_ = 0;
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

/// Requires: some queue is not empty.
std::uint32_t EventLoop::earliest_queue() const {
  const auto current = static_cast<std::uint32_t>(quantum_of(now_) % kQueues);
  const int ahead = std::countr_zero(std::rotr(occupied_, static_cast<int>(current)));
  return (current + static_cast<std::uint32_t>(ahead)) % kQueues;
}

/// Requires: pending() > 0.
const EventLoop::Key& EventLoop::next() const {
  if (occupied_ == 0) return heap_.front();
  const Key& near = slab_[ring_[earliest_queue()].first].key;
  return heap_.empty() || near.before(heap_.front()) ? near : heap_.front();
}

/// Takes the next event out and gives its slot. Requires: pending() > 0.
std::uint32_t EventLoop::pop() {
  if (occupied_ != 0) {
    const std::uint32_t queue = earliest_queue();
    const std::uint32_t slot = ring_[queue].first;
    if (heap_.empty() || slab_[slot].key.before(heap_.front())) {
      dequeue(queue);
      return slot;
    }
  }
  const std::uint32_t slot = heap_.front().slot;
  pop_heap();
  return slot;
}

void EventLoop::enqueue(std::uint32_t number, std::uint32_t slot) {
  Queue& queue = ring_[number];
  Slot& added = slab_[slot];
  added.next = kNone;
  const std::uint64_t bit = 1ull << number;
  if ((occupied_ & bit) == 0) {
    occupied_ |= bit;
    queue.first = queue.last = slot;
    return;
  }
  if (!added.key.before(slab_[queue.last].key)) {
    queue.last = slab_[queue.last].next = slot;
    return;
  }
  // Only times that are no multiples of the quantum come before others of their queue.
  std::uint32_t* before = &queue.first;
  while (!added.key.before(slab_[*before].key)) before = &slab_[*before].next;
  added.next = std::exchange(*before, slot);
}

void EventLoop::dequeue(std::uint32_t number) {
  Queue& queue = ring_[number];
  queue.first = slab_[queue.first].next;
  if (queue.first == kNone) occupied_ &= ~(1ull << number);
}

void EventLoop::push_heap(Key key) {
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

void EventLoop::pop_heap() {
  const Key last = heap_.back();
  heap_.pop_back();
  if (heap_.empty()) return;
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
}

}  // namespace lockstep::transport
