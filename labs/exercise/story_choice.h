// Which steps of a story a reader needs: from the failure backwards over what caused what, the rare
// before the common, and never the same thing again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "labs/exercise/story.h"
#include "labs/exercise/verdict.h"

namespace lockstep::labs {

/// What a finding talks about, as far as its words say: "n2 and n3 both lead term 4".
struct StorySubject {
  std::set<std::uint32_t> nodes;
  std::set<std::uint64_t> terms;
  std::set<std::uint64_t> indices;
  std::string key;  ///< of the machine, as commands spell it; empty for all
};

StorySubject subject_of(const Finding& finding);

/// Positions in story.steps, ascending; at most `limit`. Steps that are equal for the reader come
/// at most three times.
std::vector<std::size_t> choose_steps(const Story& story, const Finding& finding,
                                      std::size_t limit);

}  // namespace lockstep::labs
