// The readable account of one run: what was injected, who led, what clients saw, the verdict with
// its evidence, and how to see it again.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "chaos/simulation.h"

namespace lockstep::labs {

/// The account as text of at most about 100 columns.
std::string account(const chaos::RunSpec& spec, const chaos::RunResult& result);

/// The same facts for programs.
nlohmann::json account_json(const chaos::RunSpec& spec, const chaos::RunResult& result);

/// 0 holds; 1 wrong or stuck; 3 invalid or unknown.
int exit_code(chaos::Judgement judgement);

/// A digest as sixteen hexadecimal digits.
std::string digest_text(std::uint64_t digest);

/// A duration as a person reads it, such as "8.1 ms" or "2.40 s".
std::string duration_text(transport::Duration duration);

}  // namespace lockstep::labs
