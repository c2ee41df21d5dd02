// The pinger as a module for sandboxes.
#include "tests/transport/pinger_run.h"
#include "transport/process/node_module.h"

const lockstep::transport::NodeFactory* lockstep_node_factory() {
  static const lockstep::transport::NodeFactory kFactory = lockstep::tests::make_pinger;
  return &kFactory;
}
