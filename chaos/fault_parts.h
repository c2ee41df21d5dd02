// What several readers of a fault plan ask about a single fault.
#pragma once

#include <vector>

namespace lockstep::chaos {

class Fault;
class Node;

/// All nodes that the fault itself names, those of its trigger not included.
std::vector<const Node*> nodes_of(const Fault& fault);

/// The node that the operator brings in, which starts with the first such fault; null if the fault
/// is something else.
const Node* newcomer_of(const Fault& fault);

/// True if the fault is something done to the very message that triggered it.
bool acts_on_its_message(const Fault& fault);

/// True if the fault crashes a node when it begins or soon after; for_ms is then how long the node
/// stays down, and otherwise how long the fault lasts from its beginning.
bool crashes(const Fault& fault);

/// True if the fault names the leader, so that it waits until there is one.
bool needs_leader(const Fault& fault);

}  // namespace lockstep::chaos
