// Which node a node's process is to be. A program that hosts nodes learns it with the first event
// of a life and makes the node itself: the world knows no class of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "transport/node.h"

namespace lockstep::transport {

struct NodeSpec {
  std::string role;     ///< where a cluster has nodes of several kinds, such as "client"
  std::string machine;  ///< the state machine to replicate, by its name in statemachine/catalog.h
  std::map<std::string, std::string, std::less<>> options;  ///< of the protocol
};

/// A node in its initial state, or why there is none: which option, and what was expected.
using NodeFactory =
    std::function<std::variant<std::unique_ptr<Node>, std::string>(const NodeSpec&)>;

}  // namespace lockstep::transport
