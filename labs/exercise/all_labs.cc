#include "labs/ping/lab.h"
#include "labs/raft/lab.h"

namespace lockstep::labs {

const std::vector<Lab>& all_labs() {
  static const std::vector<Lab> labs{ping_lab(), raft_lab()};
  return labs;
}

const Lab* find_lab(std::string_view name) {
  for (const auto& lab : all_labs()) {
    if (lab.name == name) return &lab;
  }
  return nullptr;
}

}  // namespace lockstep::labs
