// ABD as a module for sandboxes.
#include "consensus/abd/abd.h"
#include "transport/process/node_module.h"

const lockstep::transport::NodeFactory* lockstep_node_factory() {
  using lockstep::consensus::Abd;
  using lockstep::transport::Hosted;
  static const lockstep::transport::NodeFactory kFactory =
      [](const lockstep::transport::NodeSpec&) {
        return std::make_unique<Hosted<Abd>>(Abd::Options{});
      };
  return &kFactory;
}
