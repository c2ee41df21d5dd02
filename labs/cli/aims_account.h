// Which share of many seeds reached what a system's runs should reach.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "chaos/many_seeds.h"

namespace lockstep::labs {

/// A line for each aim; empty for a system without aims.
std::string aims_account(const chaos::System& system, const chaos::ManySeedsResult& result);

/// The same facts for programs, with the means of the system's own events.
nlohmann::json aims_json(const chaos::System& system, const chaos::ManySeedsResult& result);

}  // namespace lockstep::labs
