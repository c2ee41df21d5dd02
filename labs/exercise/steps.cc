#include "labs/exercise/steps.h"

namespace lockstep::labs {

std::string steps_to(const Lab&, const LabTest&, std::uint64_t, const Finding&, const Execution&) {
  return {};
}

}  // namespace lockstep::labs
