// How a test's node is made: `spec` is what the test wants it to be.
#include "client.h"
#include "labs/node/lab_node.h"
#include "server.h"

LOCKSTEP_NODE(spec) {
  if (spec.role() == "server") {
    return lockstep::labs::node<student::Server>({spec.machine()});
  }
  const lockstep::transport::NodeId server{static_cast<std::uint32_t>(spec.number("server"))};
  return lockstep::labs::node<student::Client>({server, spec.between("retry")});
}
