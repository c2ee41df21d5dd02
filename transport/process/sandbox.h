// Nodes whose code nobody trusts, each life in a process and a cage of its own. One sandbox serves
// all runs of a submission: the cage is built once, and a life costs a fork.
//
// Everything that decides a verdict stays in this process. docs/isolation.md says what a node can
// and cannot do, and docs/node-protocol.md how it is spoken with.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "transport/host.h"
#include "transport/process/isolation.h"
#include "transport/process/node_death.h"

namespace lockstep::transport {

/// Of each life, if nothing else is said.
struct NodeLimits {
  std::chrono::seconds cpu{30};
  std::uint64_t memory_bytes = 1ull << 30;    ///< address space; 0 is no limit
  std::uint64_t output_bytes = 1u << 20;      ///< of a life, and sixteen times that of all lives
  std::uint32_t processes = 64;               ///< of all lives together, threads included
  std::uint32_t frame_bytes = 16u << 20;      ///< of one event or its effects
  std::chrono::milliseconds silence{60'000};  ///< on the wall, without an answer
};

struct SandboxOptions {
  std::string module;  ///< path of a shared library of nodes; see node_module.h
  NodeLimits limits;
  int required_level = 0;
  bool namespaces = true;  ///< if the machine offers them
  /// Other address space, memory contents and process numbers than in an execution with another
  /// value: whoever depends on them behaves differently. 0 leaves things as they are by nature.
  std::uint32_t perturbation = 0;
  std::string cage_program;  ///< default_cage_program() if empty
};

class Sandbox {
 public:
  /// Builds the cage. The error is a problem of this machine, never of the module: a level that
  /// cannot be had, a missing program or file.
  static std::variant<std::unique_ptr<Sandbox>, std::string> open(const SandboxOptions& options);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  /// Makes hosts whose nodes live in this sandbox; the spec is what a RemoteNode carries. Their
  /// functions throw NodeProcessError, and so does the making.
  /// Requires: the sandbox outlives the hosts.
  HostFactory hosts();

  const Isolation& isolation() const;

  /// What the nodes printed, the first 64 KiB of it. Untrusted bytes.
  const std::string& output() const;

  /// CPU time of the lives that are over.
  std::chrono::microseconds cpu_time() const;
  std::uint64_t lives() const;

 private:
  class Cage;
  explicit Sandbox(std::unique_ptr<Cage> cage);
  std::unique_ptr<Cage> cage_;
};

/// Keeps this process, and all that it starts from now on, on the core where it runs: a node and
/// its world take turns, and waking another core costs ten times as much as an event. Nothing
/// happens if the machine does not let it.
void stay_on_one_core();

}  // namespace lockstep::transport
