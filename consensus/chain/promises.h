// A chain's promise that must survive a crash, as a restart probe (transport/probe.h): a server
// that told its predecessor what it has will have it after a restart. Updates that are committed
// rest on nothing else.
//
// The question is a message of the protocol. A server that has just started does not know the chain
// yet, and answers every predecessor with what it has.
#pragma once

#include <optional>

#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class ChainPromises {
 public:
  /// A probe if the event is a promise that was just sent.
  std::optional<Probe> see(const Witness& witness) const;
};

}  // namespace lockstep::consensus
