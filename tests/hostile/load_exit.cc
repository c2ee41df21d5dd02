// A02: ends the process while it is being loaded, before anybody could ask it anything.
#include <cstdlib>

#include "transport/process/node_module.h"

namespace {
const struct Early {
  Early() { std::_Exit(0); }
} early;
}  // namespace

const lockstep::transport::NodeFactory* lockstep_node_factory() { return nullptr; }
