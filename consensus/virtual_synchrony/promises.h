// What a coordinator promises across a crash, as a restart probe (transport/probe.h): a counter
// that it put into a ballot is never used again, or two views could have one identifier. It is all
// that a node has to keep: whatever else it said ends with the process that said it.
#pragma once

#include <optional>

#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class VirtualSynchronyPromises {
 public:
  /// A probe if the event is a promise that was just sent.
  std::optional<Probe> see(const Witness& witness);
};

}  // namespace lockstep::consensus
