// Which records of a trace somebody wants to see.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/trace.h"

namespace lockstep::chaos {

/// A point in a run: a virtual time, or the number of an event.
struct Moment {
  bool is_event = false;
  std::uint64_t value = 0;  ///< nanoseconds, or the event
};

/// A client's request.
struct RequestName {
  std::uint64_t client = 0;
  std::uint64_t sequence = 0;
};

/// All that is given must hold; nothing given lets everything pass.
struct TraceFilter {
  std::optional<Moment> from;
  std::optional<Moment> until;        ///< inclusive
  std::vector<std::uint32_t> nodes;   ///< where it happens
  std::vector<std::string> messages;  ///< names of payloads, such as "AppendEntries"
  std::optional<RequestName> follow;

  bool wants(Moment moment) const;
};

/// Reads "12.5" (milliseconds of virtual time) or "#345" (an event); otherwise what was expected.
std::variant<Moment, std::string> parse_moment(std::string_view text);

/// Reads "3:17" or "c3:17", a client and its sequence; otherwise what was expected.
std::variant<RequestName, std::string> parse_request_name(std::string_view text);

/// Names that a filter may ask for in this trace: of payloads and of their bodies, sorted.
std::vector<std::string> message_names(Trace& trace);

/// Applies a filter to a trace's records, from the first to the last. What a handler did (its
/// claims, log lines and the change of state) passes when the handler's own record does; of claims
/// only those about the request, if one is followed.
class TraceSelection {
 public:
  TraceSelection(const TraceFilter& filter, Trace& trace);
  ~TraceSelection();

  /// Requires: called once for each record, in order, right after Trace::read gave it.
  bool admits(const TraceRecord& record);

  /// Nothing later can pass: the filter's end is behind us.
  bool is_over(const TraceRecord& record) const;

 private:
  class Follower;
  bool admits_itself(const TraceRecord& record);

  const TraceFilter& filter_;
  Trace& trace_;
  std::unique_ptr<Follower> follower_;
  std::uint64_t handled_event_ = 0;  ///< of the last handler, and whether it passed
  std::uint32_t handled_node_ = 0;
  bool handled_passed_ = false;
};

}  // namespace lockstep::chaos
