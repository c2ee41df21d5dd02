// A replica on a bench, and the messages that it is handed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "consensus/viewstamped/viewstamped.h"
#include "tests/consensus/node_bench.h"

namespace lockstep::consensus::tests {

using Bench = NodeBench<Viewstamped>;
using Timer = Viewstamped::Timer;

/// Replicates a counter; with a disk unless a test wants none.
Viewstamped::Options options(bool disk = true);

/// A client's request to add 1.
Request increment(std::uint64_t client, std::uint64_t sequence);

/// Operations of these views of epoch 0, one after the other.
std::vector<viewstamped::Entry> entries(const std::vector<std::uint64_t>& views);

viewstamped::Log log_of(std::uint64_t base, const std::vector<std::uint64_t>& views,
                        std::uint64_t commit = 0);
viewstamped::Prepare prepare(std::uint64_t view, std::uint64_t first,
                             const std::vector<std::uint64_t>& views, std::uint64_t commit = 0);
viewstamped::PrepareOk prepare_ok(std::uint64_t view, std::uint64_t op);
viewstamped::StartViewChange start_view_change(std::uint64_t view);
viewstamped::DoViewChange do_view_change(std::uint64_t view, std::uint64_t last_normal,
                                         viewstamped::Log log);
viewstamped::StartView start_view(std::uint64_t view, viewstamped::Log log);

}  // namespace lockstep::consensus::tests
