// How a benchmark drives a whole cluster.
#pragma once

#include <benchmark/benchmark.h>

#include "tests/bench/closed_loop.h"

namespace lockstep::bench {

/// Runs events until the benchmark has enough; an item is one handler call ("step"). The counters
/// are rates: requests executed and messages between nodes.
void run(benchmark::State& state, const Load& load, transport::HostFactory host);

}  // namespace lockstep::bench
