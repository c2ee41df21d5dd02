// The configuration master, as a state machine: it says who is in the chain (OSDI'04 §3, "a service
// called the master"). It is replicated on our Raft, as the paper replicates it on Paxos, and asked
// as any other machine is.
//
// It has no clock and pings nobody. A server's lease is an answer of this machine that does not
// call it suspected; who suspects a server says so here, from then on the machine answers that, and
// who has waited for a whole lease since may have it removed. So leases cost no entries in the log
// and survive a change of the master's leader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "consensus/chain/configuration.h"
#include "statemachine/any_machine.h"

namespace lockstep::consensus::chain {

/// A master that knows of no chain yet. Every command and every read returns the configuration,
/// after the command.
statemachine::AnyMachine make_master();

enum class Wish : std::uint8_t { Look, Found, Suspect, Remove, Join, Extend };

/// Bytes of a command by which the server `by` asks for something about `node` in this epoch.
/// `founders` are the first chain, in this order; they are for Wish::Found.
std::string encode_wish(Wish wish, std::uint64_t epoch, NodeId by, NodeId node,
                        const Nodes& founders = {});

/// What the master answered; nothing if the bytes are no configuration.
std::optional<Configuration> parse_configuration(std::string_view bytes);

}  // namespace lockstep::consensus::chain
