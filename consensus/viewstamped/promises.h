// What a sent message of Viewstamped Replication promises to remember, with a disk: the view that a
// replica left its own for (STARTVIEWCHANGE), and the operations that it acknowledged (PREPAREOK).
//
// The questions are messages of the protocol, so they work for any storage layout. A replica
// without a disk answers none of them: it has forgotten all, and knows it.
#pragma once

#include <optional>

#include "consensus/quorum.h"
#include "consensus/viewstamped/view.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class ViewstampedPromises {
 public:
  /// A probe if the event is a promise that was just sent.
  std::optional<Probe> see(const Witness& witness);

 private:
  std::optional<Probe> left_view(NodeId node, viewstamped::View view) const;
  static std::optional<Probe> acknowledged(NodeId node, NodeId primary, viewstamped::View view,
                                           std::uint64_t op);

  Nodes founders_;
};

}  // namespace lockstep::consensus
