// One eventful run of pingers, hosted in any way, and what must be equal in all of them.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "transport/host.h"
#include "transport/process/node_spec.h"

namespace lockstep::tests {

struct PingerOutcome {
  std::uint64_t digest = 0;
  std::uint64_t replies = 0;
  std::uint64_t handlers = 0;
  std::string described;  ///< the state of all nodes at the end
  bool operator==(const PingerOutcome&) const = default;
};

/// Three nodes with loss, duplicates, crashes and a drifting clock.
PingerOutcome run_pingers(std::unique_ptr<transport::Node> prototype, transport::HostFactory host);

/// A node of the handout's message class that runs in the world's process.
std::unique_ptr<transport::Node> own_pinger();

/// The prototype of a node of a student's message class.
std::unique_ptr<transport::Node> remote_pinger(bool chatty);

/// Makes a node of a student's message class.
std::variant<std::unique_ptr<transport::Node>, std::string> make_pinger(
    const transport::NodeSpec& spec);

}  // namespace lockstep::tests
