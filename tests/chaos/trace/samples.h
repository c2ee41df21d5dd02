// Traces to test with: a small one that no change elsewhere alters much, and whole runs.
#pragma once

#include <string>
#include <vector>

#include "chaos/run_description.h"
#include "chaos/trace.h"
#include "chaos/trace.pb.h"
#include "chaos/trace_view.h"
#include "transport/simulated/cluster.h"

namespace lockstep::chaos {

/// Three ABD replicas without faults: c1 writes at n1, n2 restarts, c2 reads at n2.
std::string small_trace(TraceLimits limits = {});

/// The digest of the run that small_trace() records, without a recorder.
std::uint64_t small_digest();

/// A trace whose recorder saw exactly these events.
std::string hand_made(const std::vector<transport::Witness>& seen);

/// A run of a system with 3 nodes, 2 clients and few operations, without faults.
RunSpec run_of(const std::string& system, std::uint64_t seed);

/// Reads bytes that must be a trace.
Trace read_back(std::string bytes);

/// Everything that print() gives.
std::string printed(Trace& trace, const TraceFilter& filter = {}, const TraceStyle& style = {});
std::string printed(const std::string& bytes, const TraceFilter& filter = {},
                    const TraceStyle& style = {});

/// The lines that contain a text.
std::vector<std::string> lines_with(const std::string& text, const std::string& part);

}  // namespace lockstep::chaos
