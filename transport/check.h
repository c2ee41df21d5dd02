// An always-on check of what must hold if our own code is right. Release builds keep it.
#pragma once

#include <cstdint>
#include <string>

#include "transport/identity.h"
#include "transport/time.h"

namespace lockstep::transport {

/// Where the current run is, for the message of a failed check. A world keeps it up to date.
struct Whereabouts {
  std::string replay;  ///< the command that repeats this run
  std::uint64_t event = 0;
  NodeId node{};
  Time at{};
};

Whereabouts& whereabouts();

/// Prints the condition, its place, node, event, virtual time and the replay command, and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace lockstep::transport

#define LOCKSTEP_CHECK(condition)     \
  ((condition) ? static_cast<void>(0) \
               : ::lockstep::transport::check_failed(#condition, __FILE__, __LINE__))
