// The restart probe: a node's promise must survive a crash right after it was given.
//
// When a node sends a promise (a granted vote, an acknowledged append), a shadow of it is started
// from exactly the bytes that are durable, and asked a question that a forgetful node answers in
// contradiction to the promise. It works for any storage layout, since it uses messages only.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "transport/effects.h"
#include "transport/identity.h"

namespace lockstep::transport {

/// One question to a restarted shadow of the node that made a promise.
///
/// A protocol offers them through a copyable class with
///   std::optional<Probe> see(const Witness&)    a probe whenever a promise was just sent
struct Probe {
  std::string promise;  ///< such as "n2 granted its vote in term 7 to n3"
  NodeId from{};        ///< in whose name the question is asked
  Envelope question;
  /// What in the shadow's effects contradicts the promise, as a story; nothing if all is well.
  std::function<std::optional<std::string>(const Effects&)> contradiction;
};

}  // namespace lockstep::transport
