#include "tests/mutants/catalog.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace lockstep::mutants {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kRunPrefix = "# run:";

/// Directories are listed in any order; the catalog is not.
std::vector<fs::path> sorted(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::map<std::string, std::string, std::less<>> fields_of(const fs::path& patch) {
  std::map<std::string, std::string, std::less<>> fields;
  std::ifstream in(patch);
  std::string line;
  while (std::getline(in, line) && !line.empty()) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) {
      throw std::runtime_error(fmt::format(
          "{}: expected lines such as \"Id: RFT-A1\" and an empty line before the patch",
          patch.string()));
    }
    fields.emplace(line.substr(0, colon), line.substr(colon + 2));
  }
  return fields;
}

std::vector<std::string> run_arguments(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    if (!line.starts_with(kRunPrefix)) continue;
    std::istringstream words(line.substr(kRunPrefix.size()));
    std::vector<std::string> arguments;
    for (std::string word; words >> word;) arguments.push_back(word);
    return arguments;
  }
  throw std::runtime_error(
      fmt::format("{}: expected a line such as \"# run: --nodes 3 --seeds 1..10\"", file.string()));
}

/// What the patch says, or what its folder is called, or how a benign variant's name begins.
std::string system_of(const Variant& variant) {
  if (const auto stated = variant.field("System"); !stated.empty()) return std::string(stated);
  return variant.should_fail() ? variant.folder : variant.name.substr(0, variant.name.find('_'));
}

}  // namespace

std::string_view Variant::field(std::string_view wanted) const {
  const auto found = fields.find(wanted);
  return found == fields.end() ? std::string_view{} : std::string_view(found->second);
}

std::vector<Variant> find_variants(const fs::path& source, const fs::path& programs,
                                   const fs::path& program) {
  std::vector<Variant> variants;
  std::set<std::string> systems;
  for (const auto& folder : sorted(source)) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& patch : sorted(folder)) {
      if (patch.extension() != ".patch") continue;
      Variant variant;
      variant.folder = folder.filename().string();
      variant.name = patch.stem().string();
      variant.fields = fields_of(patch);
      variant.system = system_of(variant);
      variant.program = programs / variant.folder / ("lockstep-mutant-" + variant.name);
      systems.insert(variant.system);
      variants.push_back(std::move(variant));
    }
  }
  for (const auto& system : systems) variants.push_back({"reference", system, system, {}, program});
  return variants;
}

std::vector<Scenario> find_scenarios(const fs::path& source) {
  std::vector<Scenario> scenarios;
  for (const auto& folder : sorted(source / "scenarios")) {
    for (const auto& file : sorted(folder)) {
      if (file.extension() != ".plan" && file.extension() != ".swarm") continue;
      Scenario scenario{folder.filename().string(), file.stem().string(), run_arguments(file),
                        file.extension() == ".plan"};
      if (scenario.is_plan) {
        scenario.arguments.insert(scenario.arguments.end(), {"--faults", file.string()});
      }
      scenarios.push_back(std::move(scenario));
    }
  }
  // Aimed plans take a moment each, so they go first.
  std::stable_partition(scenarios.begin(), scenarios.end(),
                        [](const Scenario& scenario) { return scenario.is_plan; });
  return scenarios;
}

}  // namespace lockstep::mutants
