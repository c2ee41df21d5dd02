// Client sessions: any machine, made exactly-once per (client, sequence).
//
// A client that got no reply sends its request again, perhaps to another replica, and both copies
// may be committed. The decorator remembers the result of each request in the replicated state
// itself, so every replica recognises the repeat and answers it without applying it twice (Raft
// dissertation §6.3). A result is forgotten when its client says that it arrived.
#pragma once

#include "statemachine/any_machine.h"
#include "statemachine/session_commands.h"

namespace lockstep::statemachine {

/// A factory for `inner` machines with a session table around them. Their commands are those that
/// `encode_session_command` makes; their results are one byte of SessionStatus followed by the
/// bytes of the inner result. The table is part of snapshot and digest. `read` takes a bare command
/// of the inner machine: what changes nothing may be repeated, and needs no session.
MachineFactory with_sessions(MachineFactory inner);

}  // namespace lockstep::statemachine
