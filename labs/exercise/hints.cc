#include "labs/exercise/hints.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace lockstep::labs {

std::size_t ask_for_hint(const std::filesystem::path& file, const std::string& test,
                         std::size_t available) {
  nlohmann::json asked = nlohmann::json::object();
  if (std::ifstream in(file); in) asked = nlohmann::json::parse(in, nullptr, false);
  if (!asked.is_object()) asked = nlohmann::json::object();
  std::size_t before = 0;
  if (const auto found = asked.find(test); found != asked.end() && found->is_number_unsigned()) {
    before = found->get<std::size_t>();
  }
  const std::size_t now = std::min(before, available) + (before < available ? 1 : 0);
  asked[test] = now;
  std::ofstream(file) << asked.dump(2) << "\n";
  return now;
}

}  // namespace lockstep::labs
