#include "statemachine/catalog.h"

#include <array>

#include "statemachine/counter.h"
#include "statemachine/decisions.h"
#include "statemachine/kv.h"
#include "statemachine/register.h"

namespace lockstep::statemachine {
namespace {

std::optional<std::string> undivided(std::string_view) { return {}; }
bool never(std::string_view) { return false; }

}  // namespace

std::span<const MachineKind> all_machines() {
  static const std::array<MachineKind, 4> kinds = {
      MachineKind{"counter", counter::make, undivided, counter::read_only, counter::unchanged,
                  never, counter::describe, counter::describe_state},
      MachineKind{"decisions", decisions::make, decisions::partition, decisions::read_only,
                  decisions::unchanged, never, decisions::describe, decisions::describe_state},
      MachineKind{"kv", kv::make, kv::partition, kv::read_only, kv::unchanged, kv::overwrites,
                  kv::describe, kv::describe_state},
      MachineKind{"register", register_machine::make, undivided, register_machine::read_only,
                  register_machine::unchanged, register_machine::overwrites,
                  register_machine::describe, register_machine::describe_state},
  };
  return kinds;
}

const MachineKind* find_machine(std::string_view name) {
  for (const MachineKind& kind : all_machines()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace lockstep::statemachine
