// A run as a story: what each handler got, changed and sent, and which handler caused which. Read
// from a trace alone, so that nothing of a student's code is needed.
//
// What leaves a node waits for its disk, and a trace does not say which handler it comes from. The
// story finds that out: at once if no write is under way; otherwise handlers leave the disk in
// their order, each write with what its handler sent.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "chaos/trace.h"

namespace lockstep::labs {

struct StoryChange {
  std::string field;
  std::string before;  ///< empty if the field is new
  std::string after;   ///< empty if it is gone
};

struct StoryClaim {
  std::string name;
  std::vector<std::pair<std::string, std::uint64_t>> values;  ///< without digests and group 0
};

/// A message, or a reply to a client.
struct StoryOut {
  std::uint64_t record = 0;  ///< that holds the payload
  std::uint32_t to = 0;      ///< a node; 0 for a client
  std::uint64_t client = 0;
  bool lost = false;
  std::string name;
};

/// One handler call, or a crash.
struct StoryStep {
  enum class Kind : std::uint8_t { Started, Crashed, Delivered, Requested, Fired };
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  Kind kind{};
  std::uint64_t record = 0;
  std::uint64_t at_ns = 0;
  std::uint64_t event = 0;
  std::uint32_t node = 0;
  std::uint32_t peer = 0;
  std::uint64_t client = 0;
  std::uint32_t timer = 0;
  bool again = false;      ///< a start after a crash
  bool stored = false;     ///< wrote something that became durable at once
  std::string name;        ///< of the message: "AppendEntries"
  std::string request;     ///< a client's, spelled out
  std::uint64_t term = 0;  ///< that the message is of; 0 if it has none
  std::vector<StoryChange> changes;
  std::vector<StoryClaim> claims;
  std::vector<std::string> log;
  std::vector<StoryOut> out;
  std::size_t cause = kNone;     ///< the step that sent what came here
  std::size_t previous = kNone;  ///< of the same node

  /// Something besides a timer set anew came of it.
  bool matters() const {
    return kind == Kind::Crashed || again || !changes.empty() || !claims.empty() || !out.empty();
  }
};

struct StoryFault {
  std::uint64_t at_ns = 0;
  std::string text;
};

struct Story {
  std::vector<StoryStep> steps;  ///< in the order of events
  std::vector<StoryFault> faults;
  std::vector<std::uint32_t> nodes;
  /// What each node that is up says of itself at the end, in the order of its own fields.
  std::map<std::uint32_t, std::vector<std::pair<std::string, std::string>>> states;
  std::map<std::uint32_t, bool> up;
  std::uint64_t ended_ns = 0;
  bool is_cut = false;  ///< the run goes on, the trace does not
};

/// Everything up to this event; 0 for all. Requires: the trace is of a run with claims as
/// chaos::claim_shapes() names them, or of none.
Story read_story(chaos::Trace& trace, std::uint64_t until);

}  // namespace lockstep::labs
