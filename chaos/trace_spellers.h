// The two ways to spell a trace; chaos/trace_view.h chooses one.
#pragma once

#include <memory>

#include "chaos/trace_view.h"

namespace lockstep::chaos {

std::unique_ptr<TraceSpeller> make_text_speller(Trace& trace, const TraceStyle& style);
std::unique_ptr<TraceSpeller> make_json_speller(Trace& trace);

/// The machine that the trace's run replicated; null if it is not known here.
const statemachine::MachineKind* machine_of(const Trace& trace);

/// "c3", or the node's name if the client is a node.
std::string client_name(std::uint64_t client);

}  // namespace lockstep::chaos
