// What goes into a machine with client sessions, and what comes out of it, as bytes: for those who
// make such commands and those who read them in a log. The machine itself is in sessions.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep::statemachine {

/// What the session layer did with a command; the first byte of every result that it returns.
enum class SessionStatus : std::uint8_t {
  Applied = 0,     // The command was applied just now.
  Repeated = 1,    // It had been applied before; this is the remembered result.
  Forgotten = 2,   // Older than what the client acknowledged; not applied, no result.
  BadCommand = 3,  // Not a session command; nothing changed.
};

/// The parts of a result of a machine with sessions; `result` points into the bytes given.
struct SessionResult {
  SessionStatus status = SessionStatus::BadCommand;
  std::string_view result;  // The bytes that the machine inside returned; empty without one.
};

/// Bytes for `apply`: `command` is for the machine inside, and the client promises never to ask
/// again for a sequence below `acknowledged_below`.
std::string encode_session_command(std::uint64_t client, std::uint64_t sequence,
                                   std::uint64_t acknowledged_below, std::string_view command);

/// A session command, taken apart; `command` points into the bytes given.
struct SessionCommandView {
  std::uint64_t client = 0;
  std::uint64_t sequence = 0;
  std::uint64_t acknowledged_below = 0;
  std::string_view command;  // For the machine inside.
};

/// Takes a command apart without copying; nothing, if the bytes are none.
std::optional<SessionCommandView> parse_session_command(std::string_view bytes);

/// Takes a result apart without copying. An empty string reads as BadCommand.
SessionResult session_result(std::string_view bytes);

}  // namespace lockstep::statemachine
