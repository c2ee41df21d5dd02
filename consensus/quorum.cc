#include "consensus/quorum.h"

namespace lockstep::consensus {

Nodes with(Nodes nodes, transport::NodeId node) {
  const auto place = std::lower_bound(nodes.begin(), nodes.end(), node);
  if (place == nodes.end() || *place != node) nodes.insert(place, node);
  return nodes;
}

Nodes without(Nodes nodes, transport::NodeId node) {
  std::erase(nodes, node);
  return nodes;
}

}  // namespace lockstep::consensus
