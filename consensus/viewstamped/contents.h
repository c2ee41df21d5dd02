// Between messages and what a replica makes of them: entries, logs and configurations.
#pragma once

#include <cstdint>

#include "consensus/quorum.h"
#include "consensus/viewstamped/log.h"

namespace lockstep::consensus::viewstamped {

class Entry;
class Log;
class Members;

/// An entry as messages and the disk carry it, and back.
void write(const LogEntry& entry, Entry& message);
LogEntry entry_in(const Entry& message);

/// What the group becomes. Requires: the entry is a reconfiguration.
Nodes members_in(const LogEntry& entry);

/// A configuration, and back. Malformed ones give what can be read.
void write(const Nodes& members, Members& message);
Nodes nodes_in(const Members& message);

/// The last operation of a log that is sent.
std::uint64_t last_of(const Log& log);

/// Leaves nothing after `op` in it. Requires: log.base() <= op.
void cut_off_after(std::uint64_t op, Log& log);

/// The entry at `op`. Requires: base < op <= last_of(log).
const Entry& entry_at(const Log& log, std::uint64_t op);

}  // namespace lockstep::consensus::viewstamped
