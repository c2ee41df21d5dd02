// What makes a library of nodes out of a submission: the one door through which a sandbox, or
// another host of libraries, gets at its nodes.
#include "labs/node/lab_node.h"
#include "transport/process/node_module.h"

extern "C" const lockstep::transport::NodeFactory* lockstep_node_factory() {
  static const lockstep::transport::NodeFactory factory = lockstep::labs::make_node_of;
  return &factory;
}
