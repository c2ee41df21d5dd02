// Traces for people and for programs: fixed columns on a terminal, or one JSON object per line.
//
//   time ms     event  node  what
//      12.3        45  n2    get      n1 -> n2 AppendEntries{term: 3 prev_index: 7}
//                          | commit 4 -> 7
//                          > a line of the node's log
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "chaos/trace.h"
#include "chaos/trace_filter.h"

namespace lockstep::chaos {

class TraceFault;

struct TraceStyle {
  std::size_t width = 120;  ///< in columns; what is longer ends in an ellipsis
  bool full = false;        ///< nothing is cut
  bool json = false;
};

/// Spells the parts of one trace; each text ends in a line end.
class TraceSpeller {
 public:
  virtual ~TraceSpeller() = default;
  /// What was run, and the headings of the columns.
  virtual std::string heading() = 0;
  /// The record that was read last. Requires: every record is given to it or to pass(), in order.
  virtual std::string record(const TraceRecord& record) = 0;
  /// A record that is not shown.
  virtual void pass(const TraceRecord& record) = 0;
  virtual std::string fault(const TraceFault& fault) = 0;
  /// How the run ended.
  virtual std::string ending() = 0;
};

/// Requires: the trace outlives the speller.
std::unique_ptr<TraceSpeller> make_speller(Trace& trace, const TraceStyle& style);

/// Gives everything that the filter lets pass to `out`, line by line, until `out` returns false.
void print(Trace& trace, const TraceFilter& filter, const TraceStyle& style,
           const std::function<bool(std::string_view)>& out);

}  // namespace lockstep::chaos
