// What there is to hunt: mutants and benign variants by their patches, scenarios by their files.
// Everything that the hunt knows of them stands in the files' own first lines.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::mutants {

/// A program that differs from the reference, or the reference itself.
struct Variant {
  std::string folder;  ///< "raft", "abd" ..., "benign" or "reference"
  std::string name;
  std::string system;                                      ///< what `lockstep run` is told to run
  std::map<std::string, std::string, std::less<>> fields;  ///< the lines before the patch
  std::filesystem::path program;

  bool should_fail() const { return folder != "benign" && folder != "reference"; }
  std::string title() const { return folder + "/" + name; }
  std::string_view field(std::string_view name) const;
};

/// A run that is aimed at something: a fault plan, or a swarm with other options.
struct Scenario {
  std::string system;
  std::string name;
  std::vector<std::string> arguments;  ///< of `lockstep run SYSTEM`, --faults included
  bool is_plan = false;                ///< has a fault plan of its own, instead of the seeds'
};

/// All variants, ordered by folder and name: patches below `source`, programs below `programs`, the
/// reference at `program`. Throws std::runtime_error that names the file when one is malformed.
std::vector<Variant> find_variants(const std::filesystem::path& source,
                                   const std::filesystem::path& programs,
                                   const std::filesystem::path& program);

/// All scenarios, plans first, then ordered by system and name: `scenarios/SYSTEM/NAME.plan` or
/// `.swarm`, each with a line "# run: ARGUMENTS". Throws std::runtime_error that names the file
/// when that is missing.
std::vector<Scenario> find_scenarios(const std::filesystem::path& source);

}  // namespace lockstep::mutants
