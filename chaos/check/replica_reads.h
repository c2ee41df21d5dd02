// Do the reads that replicas answer from their own state see the log in its order?
//
// Such reads promise less than linearizability: a replica may be behind. But what it answers is the
// state after some prefix of the log, the prefixes never get shorter from one of its reads to the
// next, and none ends before what the replica had applied when it was asked, or after what anybody
// had applied when it answered. A restart may go back. The log is the witness: with it the question
// is easy, because taking for each read the earliest position that fits leaves most room for the
// next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "statemachine/catalog.h"

namespace lockstep::chaos {

/// A command at its place in the log, as the machine applies it.
struct LogCommand {
  std::uint64_t index = 0;
  std::string command;
};

struct ReplicaRead {
  std::uint64_t client = 0;
  std::uint64_t sequence = 0;
  std::string command;  ///< of the machine without sessions
  std::string result;
  /// The position in the log that the result shows lies between these: entries up to it count, and
  /// 0 is the initial state.
  std::uint64_t lowest = 0;
  std::uint64_t highest = 0;
};

/// The reads that one replica answered between a start and the next, in this order.
struct ReplicaLife {
  std::string replica;  ///< for reports, such as "n3, start 2"
  std::vector<ReplicaRead> reads;
};

/// Reads of one life that no positions explain. None can be left out: those before the last have
/// positions among themselves.
struct ReplicaReadsViolation {
  std::string replica;
  std::vector<ReplicaRead> core;
  /// Where those before the last may end at the earliest; with a single read, its `lowest`.
  std::uint64_t earliest = 0;
  /// Positions up to `highest` at which the last read's result would have been right: the latest of
  /// those before `earliest`, if any.
  std::optional<std::uint64_t> was_right_at;
};

/// The first violation, by the order of lives; nothing if there is none. `initial` applies the
/// commands of the log, which ascend by index, and reads the bare commands.
std::optional<ReplicaReadsViolation> check_replica_reads(
    const statemachine::MachineFactory& initial, const std::vector<LogCommand>& log,
    const std::vector<ReplicaLife>& lives);

/// The violation for people, on several lines.
std::string describe(const ReplicaReadsViolation& violation,
                     const statemachine::MachineKind& machine);

}  // namespace lockstep::chaos
