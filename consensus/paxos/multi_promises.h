// Multi-Paxos's promises that must survive a crash, as restart probes (transport/probe.h): a
// promised ballot, and accepted values.
//
// The questions are messages of the protocol, so they work for any storage layout.
#pragma once

#include <optional>

#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class MultiPaxosPromises {
 public:
  /// A probe if the event is a promise that was just sent.
  std::optional<Probe> see(const Witness& witness) const;
};

}  // namespace lockstep::consensus
