// The systems that Lockstep brings along, by name: every protocol of consensus/ with its options,
// promise, monitors and fault model.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chaos/system.h"

namespace lockstep::labs {

/// All systems, ordered by name. They live as long as the program.
const std::vector<chaos::System>& all_systems();

/// The system of this name; null if there is none.
const chaos::System* find_system(std::string_view name);

/// Each in a file of its own, so that a change to one protocol compiles little.
chaos::System abd_system();
chaos::System chain_system();
chaos::System craq_system();
chaos::System multi_paxos_system();
chaos::System paxos_system();
chaos::System raft_system();
chaos::System viewstamped_system();
chaos::System virtual_synchrony_system();

}  // namespace lockstep::labs
