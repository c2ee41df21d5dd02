// From what a person or a file says about a run to the run itself.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chaos/run_description.pb.h"
#include "chaos/simulation.h"

namespace lockstep::chaos {

/// Finds a system by name; null if there is none.
using FindSystem = std::function<const System*(std::string_view)>;

/// What is wrong with a description, naming the part and what was expected.
struct DescriptionError {
  std::string message;
};

/// The run that a description names, checked in every part: system, options, machine, workload,
/// and a plan that is valid and inside the system's fault model (unless it says that it goes
/// beyond). Zero fields take the defaults of RunSpec and WorkloadOptions; without a time to think
/// clients pace themselves by the storm.
std::variant<RunSpec, DescriptionError> to_spec(const RunDescription& description,
                                                const FindSystem& find);

/// The description that to_spec turns into this run.
RunDescription describe(const RunSpec& spec);

/// The values that a swarm draws for the options that it may draw, one draw for each option.
OptionValues swarm_options(const System& system, std::uint64_t seed);

/// The bodies that the system's swarm may wait for, and its fault model, make a plan of this seed.
FaultPlan swarm_plan(const System& system, const OptionValues& options, std::uint32_t nodes,
                     std::uint64_t seed);

/// The command line that repeats the run: everything that differs from the defaults, and from what
/// the seed's own swarm draws. A plan that is not the swarm's is named `plan_file`.
std::string command_line(const RunSpec& spec, std::string_view plan_file);

/// Whole microseconds, as descriptions and command lines have them.
std::uint32_t in_microseconds(transport::Duration duration);

/// The end of a sentence about a word that nobody knows: the known word that is close to it, or all
/// of them.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace lockstep::chaos
