// Memory that a node did not write has other contents, and other addresses, in a perturbed life:
// whoever reads it, or orders by it, does something else. The functions behind `new` are this
// program's own, which win over the C++ library's in every module that it loads.
#pragma once

#include <cstdint>

namespace lockstep::transport {

/// From now on `new` gives memory that is full of something and lies at irregular distances.
/// 0 changes nothing. Requires: one thread.
void perturb_heap(std::uint32_t perturbation);

}  // namespace lockstep::transport
