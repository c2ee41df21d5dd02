#include "chaos/check/replica_reads.h"

#include <algorithm>

namespace lockstep::chaos {

using statemachine::AnyMachine;
using statemachine::MachineFactory;

namespace {

/// The machine's state as it moves along the log.
class Reel {
 public:
  Reel(const MachineFactory& initial, const std::vector<LogCommand>& log)
      : machine_(initial()), log_(log) {}

  /// Where it stands: the index of the last command applied, or further if nothing lies between.
  std::uint64_t position() const { return position_; }

  /// Applies all commands up to this index. Requires: position() <= index.
  void move_to(std::uint64_t index) {
    while (next_ < log_.size() && log_[next_].index <= index) {
      machine_.apply(log_[next_++].command);
    }
    position_ = index;
  }

  /// Applies the next command; false if there is none up to `highest`.
  bool advance(std::uint64_t highest) {
    if (next_ >= log_.size() || log_[next_].index > highest) return false;
    move_to(log_[next_].index);
    return true;
  }

  bool shows(const ReplicaRead& read) const {
    if (const auto result = machine_.read(read.command)) return *result == read.result;
    AnyMachine copy = machine_;
    return copy.apply(read.command) == read.result;
  }

 private:
  AnyMachine machine_;
  const std::vector<LogCommand>& log_;
  std::size_t next_ = 0;
  std::uint64_t position_ = 0;
};

class LifeCheck {
 public:
  LifeCheck(const MachineFactory& initial, const std::vector<LogCommand>& log)
      : initial_(initial), log_(log) {}

  /// How many of the reads, from the first, have positions; `end` is that of the last of them.
  std::size_t explained(const std::vector<ReplicaRead>& reads, std::uint64_t& end) const {
    Reel reel(initial_, log_);
    end = 0;
    for (std::size_t at = 0; at < reads.size(); ++at) {
      const ReplicaRead& read = reads[at];
      if (reel.position() < read.lowest) reel.move_to(read.lowest);
      if (reel.position() > read.highest) return at;
      while (!reel.shows(read)) {
        if (!reel.advance(read.highest)) return at;
      }
      end = reel.position();
    }
    return reads.size();
  }

  /// Leaves out every read without which there is still no explanation.
  std::vector<ReplicaRead> core_of(std::vector<ReplicaRead> reads) const {
    std::uint64_t end = 0;
    for (std::size_t at = reads.size() - 1; at-- > 0;) {
      std::vector<ReplicaRead> fewer = reads;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at));
      if (explained(fewer, end) < fewer.size()) reads = std::move(fewer);
    }
    return reads;
  }

  ReplicaReadsViolation violation(const ReplicaLife& life, std::size_t blocked) const {
    std::vector<ReplicaRead> reads(life.reads.begin(),
                                   life.reads.begin() + static_cast<std::ptrdiff_t>(blocked) + 1);
    ReplicaReadsViolation found;
    found.replica = life.replica;
    found.core = core_of(std::move(reads));
    const ReplicaRead& last = found.core.back();
    std::vector<ReplicaRead> before(found.core.begin(), found.core.end() - 1);
    explained(before, found.earliest);
    found.earliest = std::max(found.earliest, last.lowest);
    Reel reel(initial_, log_);
    do {
      if (reel.position() >= found.earliest) break;
      if (reel.shows(last)) found.was_right_at = reel.position();
    } while (reel.advance(found.earliest));
    return found;
  }

 private:
  const MachineFactory& initial_;
  const std::vector<LogCommand>& log_;
};

}  // namespace

std::optional<ReplicaReadsViolation> check_replica_reads(const MachineFactory& initial,
                                                         const std::vector<LogCommand>& log,
                                                         const std::vector<ReplicaLife>& lives) {
  const LifeCheck check(initial, log);
  for (const ReplicaLife& life : lives) {
    std::uint64_t end = 0;
    const std::size_t blocked = check.explained(life.reads, end);
    if (blocked < life.reads.size()) return check.violation(life, blocked);
  }
  return std::nullopt;
}

std::string describe(const ReplicaReadsViolation& violation,
                     const statemachine::MachineKind& machine) {
  std::string text = "Not in the order of the log: no position explains what " + violation.replica +
                     " answered to\n";
  for (std::size_t at = 0; at < violation.core.size(); ++at) {
    const ReplicaRead& read = violation.core[at];
    text += "  [" + std::to_string(at + 1) + "]  client " + std::to_string(read.client) +
            "  between entries " + std::to_string(read.lowest) + " and " +
            std::to_string(read.highest) + "  " + machine.describe(read.command, &read.result) +
            "\n";
  }
  const std::string last = "[" + std::to_string(violation.core.size()) + "]";
  const std::string reason = violation.core.size() > 1
                                 ? "After those before it, " + last + " shows"
                                 : "The replica had applied so much that " + last + " shows";
  text += reason + " the state after entry " + std::to_string(violation.earliest) + " or later. ";
  if (violation.was_right_at) {
    text += "What it returned was right for the last time after entry " +
            std::to_string(*violation.was_right_at) + ".";
  } else {
    text += "What it returned was right at no entry up to " +
            std::to_string(violation.core.back().highest) + ".";
  }
  return text;
}

}  // namespace lockstep::chaos
