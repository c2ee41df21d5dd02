#include "chaos/check/transitions.h"

#include <utility>

#include "statemachine/fold.h"

namespace lockstep::chaos {
namespace {

// What a map node, a machine and their bookkeeping take besides the bytes of a snapshot.
constexpr std::size_t kOverhead = 256;

// About how many steps of a search run the machine once, and copy this many bytes of its state.
constexpr std::uint64_t kStepsPerRun = 8;
constexpr std::size_t kBytesPerStep = 64;

}  // namespace

Transitions::Transitions(statemachine::AnyMachine initial) { number_of_state(std::move(initial)); }

Transitions::Id Transitions::number_of(std::string_view bytes, Ids& ids) {
  const auto found = ids.find(bytes);
  if (found != ids.end()) return found->second;
  bytes_ += bytes.size() + kOverhead;
  const auto id = static_cast<Id>(ids.size());
  const auto place = ids.emplace(bytes, id).first;
  if (&ids == &command_ids_) commands_.push_back(&place->first);
  return id;
}

Transitions::Id Transitions::number_of_state(statemachine::AnyMachine machine) {
  const auto [place, is_new] =
      state_ids_.emplace(machine.snapshot(), static_cast<Id>(states_.size()));
  if (is_new) {
    bytes_ += 2 * place->first.size() + kOverhead;
    states_.push_back({std::move(machine), &place->first});
  }
  return place->second;
}

Transitions::Step Transitions::step(Id state, Id command) {
  statemachine::Fold digest;
  digest(std::uint64_t{state} << 32 | command);
  const std::uint64_t hash = digest.digest();
  const auto found = known_table_.find(hash, [&](std::uint32_t index) {
    return known_[index].state == state && known_[index].command == command;
  });
  if (found) return known_[*found].step;
  const Step step = execute(state, command);
  known_table_.insert(hash, static_cast<std::uint32_t>(known_.size()));
  known_.push_back({state, command, step});
  bytes_ += 2 * sizeof(Known) + 32;
  return step;
}

Transitions::Step Transitions::execute(Id state, Id command) {
  work_ += kStepsPerRun + states_[state].snapshot->size() / kBytesPerStep;
  statemachine::AnyMachine machine = states_[state].machine;
  const Id result = number_of(machine.apply(*commands_[command]), result_ids_);
  return {number_of_state(std::move(machine)), result};
}

}  // namespace lockstep::chaos
