#include "labs/cli/trace_options.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>

#include "chaos/trace.pb.h"

namespace lockstep::labs {

using chaos::Trace;
using chaos::TraceFilter;

namespace {

std::optional<UsageError> read_moment(const std::string& text, const char* flag,
                                      std::optional<chaos::Moment>& moment) {
  if (text.empty()) return {};
  const auto read = chaos::parse_moment(text);
  if (const auto* wrong = std::get_if<std::string>(&read)) {
    return UsageError{fmt::format("{} {}: {}", flag, text, *wrong)};
  }
  moment = std::get<chaos::Moment>(read);
  return {};
}

/// A name that is not in the trace would only print nothing.
std::optional<UsageError> check_names(const TraceFilter& filter, Trace& trace) {
  const auto& nodes = trace.header().node();
  for (const auto node : filter.nodes) {
    if (std::find(nodes.begin(), nodes.end(), node) != nodes.end()) continue;
    return UsageError{fmt::format("--node {}: the nodes are {}", node, fmt::join(nodes, ", "))};
  }
  if (filter.messages.empty()) return {};
  const auto known = message_names(trace);
  for (const auto& name : filter.messages) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return UsageError{fmt::format("--message {}: no such message was sent; there are: {}", name,
                                  fmt::join(known, ", "))};
  }
  return {};
}

}  // namespace

std::optional<UsageError> TraceOptions::read() {
  if (auto error = read_moment(from, "--from", filter.from)) return error;
  if (auto error = read_moment(until, "--until", filter.until)) return error;
  if (follow.empty()) return {};
  const auto read = chaos::parse_request_name(follow);
  if (const auto* wrong = std::get_if<std::string>(&read)) {
    return UsageError{fmt::format("--follow {}: {}", follow, *wrong)};
  }
  filter.follow = std::get<chaos::RequestName>(read);
  return {};
}

void TraceOptions::add_to(CLI::App& command) {
  command.add_option("--from", from, "Begin at this virtual time in ms (12.5) or event (#345)");
  command.add_option("--until", until, "End after this time or event");
  command.add_option("--node", filter.nodes, "Only what happens at this node")
      ->allow_extra_args(false);
  command
      .add_option("--message", filter.messages, "Only messages of this type, such as AppendEntries")
      ->allow_extra_args(false);
  command.add_option("--follow", follow, "Only what touches this request, as CLIENT:SEQUENCE");
  command.add_flag("--full", style.full, "Cut nothing");
  command.add_option("--width", style.width, "Columns")
      ->capture_default_str()
      ->check(CLI::Range(60, 1000));
  command.add_flag("--json", style.json, "Print one JSON object per line");
}

std::optional<UsageError> TraceOptions::show(Trace& trace) const {
  if (auto error = check_names(filter, trace)) return error;
  // A reader that has seen enough closes the pipe; that is no error.
  chaos::print(trace, filter, style, [](std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  });
  return {};
}

}  // namespace lockstep::labs
