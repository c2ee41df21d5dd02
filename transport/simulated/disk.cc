#include "transport/simulated/disk.h"

#include <algorithm>

#include "transport/random.h"

namespace lockstep::transport {

void Disk::hold(Effects& effects, CrashPoint crash) {
  if (spare_.empty()) spare_.emplace_back();
  held_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  Held& held = held_.back();
  held.writes.swap(effects.writes);
  held.outgoing.swap(effects.outgoing);
  held.crash = crash;
}

void Disk::recycle(Held& held) {
  held.writes.clear();
  held.outgoing.clear();
  held.crash = {};
  spare_.push_back(std::move(held));
}

std::size_t Disk::unsynced() const {
  return static_cast<std::size_t>(std::count_if(
      held_.begin(), held_.end(), [](const Held& held) { return !held.writes.empty(); }));
}

void Disk::rewind(Image& copy) const {
  for (auto held = held_.rbegin(); held != held_.rend(); ++held) undo(copy, held->writes);
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
  for (auto& held : held_) {
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
