#include "labs/systems/registry.h"

namespace lockstep::labs {

const std::vector<chaos::System>& all_systems() {
  static const std::vector<chaos::System> systems{
      abd_system(),
#if __has_include("consensus/raft/raft.h")
      raft_system(),
#endif
  };
  return systems;
}

const chaos::System* find_system(std::string_view name) {
  for (const auto& system : all_systems()) {
    if (system.name == name) return &system;
  }
  return nullptr;
}

}  // namespace lockstep::labs
