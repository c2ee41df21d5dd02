#include "labs/exercise/lab.h"

#include <algorithm>

namespace lockstep::labs {

std::uint32_t Lab::points() const {
  std::uint32_t sum = 0;
  for (const auto& test : tests) sum += is_optional(test) ? 0 : test.points;
  return sum;
}

std::uint32_t Lab::optional_points() const {
  std::uint32_t sum = 0;
  for (const auto& test : tests) sum += is_optional(test) ? test.points : 0;
  return sum;
}

std::uint32_t Lab::points(char part) const {
  std::uint32_t sum = 0;
  for (const auto& test : tests) sum += test.part == part ? test.points : 0;
  return sum;
}

bool Lab::is_optional(const LabTest& test) const {
  const auto is_of = [&](const Part& part) { return part.id == test.part && part.is_optional; };
  return std::any_of(parts.begin(), parts.end(), is_of);
}

const LabTest* Lab::find(std::string_view test) const {
  for (const auto& candidate : tests) {
    if (candidate.name == test || full_name(candidate) == test) return &candidate;
  }
  return nullptr;
}

std::string full_name(const LabTest& test) { return std::string(1, test.part) + "." + test.name; }

}  // namespace lockstep::labs
