#include "chaos/cost.h"

#include <fmt/core.h>

#include <cstdlib>

namespace lockstep::chaos {
namespace {

/// One summand: "", "d", "2d" or "(n - 1) d".
std::string times(const Linear& factor, char unit) {
  if (factor == Linear{}) return {};
  if (factor == Linear{1, 0}) return std::string(1, unit);
  if (factor.per_node == 0) return fmt::format("{}{}", factor.constant, unit);
  if (factor.constant == 0) return fmt::format("{} {}", to_string(factor), unit);
  return fmt::format("({}) {}", to_string(factor), unit);
}

}  // namespace

std::string to_string(const Linear& linear) {
  if (linear.per_node == 0) return std::to_string(linear.constant);
  const std::string nodes = linear.per_node == 1 ? "n" : fmt::format("{}n", linear.per_node);
  if (linear.constant == 0) return nodes;
  return fmt::format("{} {} {}", nodes, linear.constant < 0 ? '-' : '+', std::abs(linear.constant));
}

std::string to_string(const Steps& steps) {
  const std::string delays = times(steps.delays, 'd');
  const std::string syncs = times(steps.syncs, 's');
  if (delays.empty() && syncs.empty()) return "0";
  if (delays.empty() || syncs.empty()) return delays + syncs;
  return delays + " + " + syncs;
}

}  // namespace lockstep::chaos
