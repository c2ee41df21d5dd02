// How a sandbox finds the nodes in a shared library, such as one built from a student's files. The
// library has, in exactly one of its source files,
//
//   extern "C" const lockstep::transport::NodeFactory* lockstep_node_factory() {
//     static const lockstep::transport::NodeFactory factory = ...;
//     return &factory;
//   }
//
// and links lockstep::node, which holds all of the framework that a node needs.
#pragma once

#include "transport/process/node_spec.h"

extern "C" const lockstep::transport::NodeFactory* lockstep_node_factory();

namespace lockstep::transport {

inline constexpr const char* kNodeModuleEntry = "lockstep_node_factory";
using NodeModuleEntry = const NodeFactory* (*)();

}  // namespace lockstep::transport
