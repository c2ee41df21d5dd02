// The hunt's result, for people and for programs.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tests/mutants/hunt.h"

namespace lockstep::mutants {

/// The head of the table, and one line of it.
std::string table_head(const HuntOptions& options);
std::string table_line(const Outcome& outcome, const HuntOptions& options);

/// How many mutants were killed, how many others passed, what did not go as expected.
std::string summary(const std::vector<Outcome>& outcomes);

nlohmann::json to_json(const Outcome& outcome, const HuntOptions& options);

}  // namespace lockstep::mutants
