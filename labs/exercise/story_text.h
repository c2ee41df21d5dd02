// A story for a terminal of 100 columns: numbered steps, and what each node is in the end.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "labs/exercise/story.h"

namespace lockstep::labs {

/// The steps at these positions, numbered from 1, with faults between them, and with a count of
/// what is left out. Each line ended. Requires: the trace is the one that the story was read from.
std::string steps_text(const Story& story, const std::vector<std::size_t>& chosen,
                       chaos::Trace& trace);

/// For each node what it says of itself at the end, since when, and what came of what it heard
/// since then.
std::string nodes_text(const Story& story);

}  // namespace lockstep::labs
