// What connects your class to Lockstep. Put this into one of your source files:
//
//   LOCKSTEP_NODE(spec) {
//     Raft::Options options;
//     options.heartbeat = spec.between("heartbeat");
//     return lockstep::labs::node<Raft>(options);
//   }
//
// The program that your files become then hosts your nodes: each in a process of its own when it is
// graded, all in one process under `lockstep lab test` and in gdb.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "statemachine/any_machine.h"
#include "transport/node.h"
#include "transport/process/node_spec.h"

namespace lockstep::labs {

/// What a test wants a node to be. Every value is there; asking for one that the lab does not know
/// throws std::invalid_argument, which ends the node with its name.
class Spec {
 public:
  explicit Spec(const transport::NodeSpec& spec) : spec_(spec) {}

  /// Where a lab has nodes of several kinds.
  const std::string& role() const { return spec_.role; }
  /// Makes the state machine that is to be replicated, in its initial state.
  statemachine::MachineFactory machine() const;

  std::uint64_t number(std::string_view option) const;
  /// "150ms..300ms", or "50ms" for a range of one value.
  transport::Between between(std::string_view option) const;
  /// "on" or "off".
  bool flag(std::string_view option) const;
  const std::string& text(std::string_view option) const;

 private:
  const transport::NodeSpec& spec_;
};

using NodeOrProblem = std::variant<std::unique_ptr<transport::Node>, std::string>;

/// Makes a node of your class from its options.
template <class P>
NodeOrProblem node(typename P::Options options) {
  return std::make_unique<transport::Hosted<P>>(std::move(options));
}

/// Defined by LOCKSTEP_NODE.
NodeOrProblem make_node(const Spec& spec);

/// The same for hosts: what make_node throws becomes the problem.
NodeOrProblem make_node_of(const transport::NodeSpec& spec);

}  // namespace lockstep::labs

/// Defines how a node of yours is made; `spec` is what the test wants it to be.
#define LOCKSTEP_NODE(spec)                                \
  lockstep::labs::NodeOrProblem lockstep::labs::make_node( \
      [[maybe_unused]] const lockstep::labs::Spec& spec)
