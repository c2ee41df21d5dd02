// How the process of a node ended when it should not have, told apart as a grader needs it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "transport/identity.h"

namespace lockstep::transport {

enum class NodeEnd : std::uint8_t {
  Exited,          ///< left by itself, with an exception or an exit
  Signal,          ///< a crash
  CpuTime,         ///< used up its CPU time
  Memory,          ///< wanted more memory than it may have
  Output,          ///< wrote more to its output than it may
  Processes,       ///< wanted more threads or processes than it may have
  Protocol,        ///< said something that is no answer
  Silent,          ///< made no progress for a generous time on the wall
  Infrastructure,  ///< not the node's fault: whoever should have run it failed
};

/// Such as "cpu time".
std::string_view name_of(NodeEnd end);

struct NodeDeath {
  NodeEnd end = NodeEnd::Infrastructure;
  std::string happened;  ///< continues "the process of n1 ..."
  std::string words;     ///< the last that it wrote to its output, a backtrace perhaps; untrusted
};

/// What a process that was waited for died of, from its status as waitpid gives it.
NodeDeath death_of(int wait_status);

/// A node's process died, or said something that is no answer.
class NodeProcessError : public std::runtime_error {
 public:
  NodeProcessError(NodeId node, NodeDeath death);
  NodeId node() const { return node_; }
  NodeEnd end() const { return death_.end; }
  const NodeDeath& death() const { return death_; }

 private:
  NodeId node_;
  NodeDeath death_;
};

}  // namespace lockstep::transport
