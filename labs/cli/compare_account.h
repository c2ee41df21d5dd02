// Systems side by side: what each costs while nothing goes wrong, beside its formula; how it fares
// under the same faults; and how long it serves nobody after each of them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "chaos/outage.h"
#include "chaos/quiet_run.h"

namespace lockstep::labs {

/// One column.
struct Compared {
  std::string name;  ///< as the user wrote it
  const chaos::System* system = nullptr;
  std::optional<chaos::Cost> cost;
  chaos::QuietRun quiet;
  chaos::QuietCosts measured;
  chaos::RunResult stormy;
  std::vector<chaos::Outage> outages;
};

/// Whether what was measured is within a tenth of the formula.
bool meets(const chaos::QuietRun& quiet, const chaos::Linear& formula,
           std::uint64_t messages_milli);
bool meets(const chaos::QuietRun& quiet, const chaos::Steps& formula, transport::Duration latency);

/// Whether all of a column's figures meet their formulas, and all its runs hold.
bool is_as_promised(const Compared& column);

/// Tables for a terminal. Requires: there is a column.
std::string comparison(const std::vector<Compared>& columns);

/// The same facts for programs.
nlohmann::json comparison_json(const std::vector<Compared>& columns);

}  // namespace lockstep::labs
