#include "transport/simulated/disk.h"

#include <algorithm>

#include "transport/random.h"

namespace lockstep::transport {

Disk::Held& Disk::Line::push() {
  if (size_ == ring_.size()) {
    std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(first_), ring_.end());
    first_ = 0;
    ring_.resize(std::max<std::size_t>(8, 2 * size_));
  }
  return (*this)[size_++];
}

Disk::Held& Disk::Line::pop() {
  Held& held = ring_[first_];
  first_ = place(1);
  --size_;
  return held;
}

void Disk::Line::clear() {
  while (!empty()) pop().clear();
}

void Disk::hold(Effects& effects, CrashPoint crash) {
  Held& held = held_.push();
  held.writes.swap(effects.writes);
  held.outgoing.swap(effects.outgoing);
  held.crash = crash;
}

std::size_t Disk::unsynced() const {
  std::size_t count = 0;
  for (std::size_t at = 0; at < held_.size(); ++at) count += !held_[at].writes.empty();
  return count;
}

void Disk::rewind(Image& copy) const {
  for (std::size_t at = held_.size(); at > 0; --at) undo(copy, held_[at - 1].writes);
  undo(copy, deceived_);
}

std::vector<Write> Disk::crash(Image& image, Loss loss) {
  rewind(image);
  std::vector<Write> survived;
  if (deceived_.empty()) {
    // A torn batch is one that was lost, so at least one is not kept whole.
    const std::size_t choices = unsynced() + 1 - (loss.torn && unsynced() > 0 ? 1 : 0);
    keep_prefix(image, below(loss.kept_draw, choices), loss.torn, survived);
  }
  deceived_.clear();
  held_.clear();
  covered_ = 0;
  return survived;
}

void Disk::keep_prefix(Image& image, std::size_t whole, bool torn, std::vector<Write>& survived) {
  for (std::size_t at = 0; at < held_.size(); ++at) {
    Held& held = held_[at];
    if (held.writes.empty()) continue;
    if (whole == 0 && !torn) return;
    if (whole == 0) cut(held.writes);
    apply(image, held.writes);
    for (auto& write : held.writes) survived.push_back(std::move(write));
    if (whole == 0) return;
    --whole;
  }
}

void Disk::cut(std::vector<Write>& writes) {
  writes.resize((writes.size() + 1) / 2);
  auto& last = writes.back();
  if (last.value) last.value = Bytes(last.value->substr(0, last.value->size() / 2));
}

}  // namespace lockstep::transport
