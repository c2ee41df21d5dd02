// Does each session see its own doings, and the world going forward only?
//
// The four guarantees of Terry, Demers, Petersen, Spreitzer, Theimer, Welch: "Session Guarantees
// for Weakly Consistent Replicated Data" (PDIS 1994), object by object. They speak of versions:
// each object's writes stand in an order, such as that of their places in a log, and a read shows
// one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/check/history.h"

namespace lockstep::chaos {

enum class SessionGuarantee : std::uint8_t {
  ReadYourWrites,     ///< a read shows the session's own writes, or later ones
  MonotonicReads,     ///< a read shows what the session has read, or later
  MonotonicWrites,    ///< a session's writes come in the order in which it made them
  WritesFollowReads,  ///< a write comes after what the session had read
};

/// Such as "Read Your Writes".
std::string_view name_of(SessionGuarantee guarantee);

/// A version of an object: 0 before the first write. What an operation without one shows is
/// unknown.
using Versions = std::vector<std::optional<std::uint64_t>>;

struct SessionViolation {
  SessionGuarantee guarantee{};
  std::size_t earlier = 0;  ///< of the session's operations, by index into the history
  std::size_t later = 0;
  std::uint64_t earlier_version = 0;
  std::uint64_t later_version = 0;
};

/// The first violation by invocation; nothing if all four hold. `versions` has one entry for each
/// operation: the version that it wrote or showed. Operations of one session on one object are
/// compared as its machine divides the state; the history's processes are the sessions.
std::optional<SessionViolation> check_session_guarantees(const History& history,
                                                         const Versions& versions);

/// The violation for people, on several lines.
std::string describe(const SessionViolation& violation, const History& history);

}  // namespace lockstep::chaos
