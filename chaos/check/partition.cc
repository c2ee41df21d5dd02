#include "chaos/check/partition.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace lockstep::chaos {
namespace {

using Keys = std::vector<std::optional<std::string>>;

Keys keys_of(const History& history, bool by_key) {
  Keys keys(history.operations.size());
  if (!by_key) return keys;
  for (std::size_t at = 0; at < keys.size(); ++at) {
    keys[at] = history.machine->partition(history.operations[at].command);
  }
  const bool is_complete =
      std::all_of(keys.begin(), keys.end(), [](const auto& key) { return key.has_value(); });
  return is_complete ? keys : Keys(keys.size());
}

/// A read fits anywhere if nothing is known of its result, or if it never returned.
bool constrains_nothing(const statemachine::MachineKind& machine, const Operation& operation) {
  const bool is_free = !operation.returned || !operation.result;
  return is_free && machine.read_only(operation.command);
}

Item item_of(const statemachine::MachineKind& machine, const Operation& operation,
             std::size_t index, const std::optional<std::string>& key, Transitions& transitions) {
  Item item;
  item.invoked = operation.invoked;
  item.returned = operation.returned.value_or(Item::kNever);
  item.command = transitions.command(operation.command);
  if (operation.result) {
    item.result = transitions.result(*operation.result);
    item.is_observer = machine.unchanged(operation.command, *operation.result);
  }
  item.is_read = machine.read_only(operation.command);
  item.is_observer = item.is_observer || item.is_read;
  // A command for one of several parts leaves the others as they are.
  item.overwrites =
      machine.overwrites(operation.command) && machine.partition(operation.command) == key;
  item.operation = index;
  return item;
}

}  // namespace

std::vector<Part> take_apart(const History& history, bool by_key) {
  const statemachine::MachineKind& machine = *history.machine;
  const Keys keys = keys_of(history, by_key);
  std::map<std::optional<std::string>, std::vector<std::size_t>> groups;
  for (std::size_t at = 0; at < keys.size(); ++at) {
    if (!constrains_nothing(machine, history.operations[at])) groups[keys[at]].push_back(at);
  }
  std::vector<Part> parts;
  for (const auto& [key, operations] : groups) {
    Part part{key, Transitions(machine.make()), {}};
    for (const std::size_t index : operations) {
      part.items.push_back(
          item_of(machine, history.operations[index], index, key, part.transitions));
    }
    std::stable_sort(part.items.begin(), part.items.end(),
                     [](const Item& a, const Item& b) { return a.invoked < b.invoked; });
    parts.push_back(std::move(part));
  }
  return parts;
}

std::vector<std::size_t> merge_orders(const std::vector<Part>& parts,
                                      const std::vector<std::vector<std::uint32_t>>& orders) {
  // Each operation takes effect as early as its part's order allows: right after the latest
  // invocation among itself and those before it. No operation that stands before it in real time
  // can then come after it.
  std::vector<std::tuple<std::uint64_t, std::size_t, std::size_t, std::size_t>> points;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    std::uint64_t latest = 0;
    for (std::size_t at = 0; at < orders[part].size(); ++at) {
      const Item& item = parts[part].items[orders[part][at]];
      latest = std::max(latest, item.invoked);
      points.emplace_back(latest, part, at, item.operation);
    }
  }
  std::sort(points.begin(), points.end());
  std::vector<std::size_t> merged;
  for (const auto& point : points) merged.push_back(std::get<3>(point));
  return merged;
}

}  // namespace lockstep::chaos
