// Claims as a trace spells them: a name, and numbers with names. A reader needs no type of ours.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "transport/claim.h"

namespace lockstep::chaos {

struct ClaimShape {
  std::string_view name;
  std::vector<std::string_view> fields;
};

using ClaimShapes = std::array<ClaimShape, std::variant_size_v<transport::Claim>>;

/// In the order of the alternatives of transport::Claim.
const ClaimShapes& claim_shapes();

/// A claim's numbers, in the order of its shape's fields.
std::vector<std::uint64_t> claim_values(const transport::Claim& claim);

}  // namespace lockstep::chaos
