// Recorded histories that others made and judged, where a folder of them is at hand.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "chaos/check/formats.h"
#include "chaos/check/linearizability.h"

namespace lockstep::chaos {
namespace {

namespace fs = std::filesystem;

/// $LOCKSTEP_HISTORIES, or the folder beside the sources; empty if there is none.
fs::path corpus() {
  if (const char* folder = std::getenv("LOCKSTEP_HISTORIES")) return folder;
  const fs::path beside = fs::path(LOCKSTEP_SOURCE_DIR) / ".." / "shared" / "data" / "histories";
  return fs::exists(beside / "expected.json") ? beside : fs::path();
}

std::string verdict_of(const fs::path& file) {
  const auto parsed = read_history(file.string());
  if (const auto* error = std::get_if<FormatError>(&parsed)) return error->text();
  const Verdict verdict = check_linearizability(std::get<History>(parsed));
  if (verdict.is_unknown()) return "unknown";
  return verdict.holds() ? "linearizable" : "not linearizable";
}

TEST_CASE("recorded histories get the verdict that comes with them") {
  const fs::path folder = corpus();
  if (folder.empty()) {
    MESSAGE("SKIPPED: no recorded histories; set LOCKSTEP_HISTORIES to a folder that has them");
    return;
  }
  std::ifstream file(folder / "expected.json");
  const nlohmann::json expected = nlohmann::json::parse(file, nullptr, false);
  REQUIRE(expected.is_object());
  std::set<std::string> seen;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::string stem = name.substr(0, name.find('.'));
    if (!entry.is_regular_file() || !expected.contains(stem)) continue;
    CAPTURE(stem);
    CHECK(verdict_of(entry.path()) == expected[stem].get<std::string>());
    seen.insert(stem);
  }
  CHECK(seen.size() == expected.size());
  MESSAGE(seen.size(), " recorded histories judged");
}

}  // namespace
}  // namespace lockstep::chaos
