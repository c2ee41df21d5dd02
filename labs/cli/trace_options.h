// The flags that say which steps of a trace to show, and how; all replays share them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "chaos/trace.h"
#include "chaos/trace_view.h"
#include "labs/cli/run_options.h"

namespace lockstep::labs {

struct TraceOptions {
  std::string from;
  std::string until;
  std::string follow;
  chaos::TraceFilter filter;
  chaos::TraceStyle style;

  void add_to(CLI::App& command);

  /// Reads the flags that are texts into the filter.
  std::optional<UsageError> read();

  /// Prints what the filter lets pass. Requires: read() found nothing wrong.
  std::optional<UsageError> show(chaos::Trace& trace) const;
};

}  // namespace lockstep::labs
