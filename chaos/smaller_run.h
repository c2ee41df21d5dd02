// A failing run made smaller: fewer faults, fewer operations and fewer clients, as long as whoever
// asks says that it still fails in the same way.
#pragma once

#include <cstdint>
#include <functional>

#include "chaos/simulation.h"

namespace lockstep::chaos {

using StillFails = std::function<bool(const RunSpec&)>;

/// The smallest run found: first its fault plan, with at most `plan_budget` attempts, and then its
/// workload. To give up early, `fails` says false from then on. Requires: fails(spec).
RunSpec smallest_run(RunSpec spec, const StillFails& fails, std::uint64_t plan_budget);

}  // namespace lockstep::chaos
