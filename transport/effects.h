// What one handler call wants from the world, as data.
//
// A world carries effects out in this order: the writes, as one atomic batch; when they and those
// of all earlier handlers of the node are durable, whatever leaves the node, in the order in which
// it was recorded. Timers are set at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transport/claim.h"
#include "transport/envelope.h"
#include "transport/storage.h"
#include "transport/time.h"

namespace lockstep::transport {

/// Something that leaves a node.
struct Outgoing {
  enum class Kind : std::uint8_t {
    Message,  ///< of the protocol, to a node
    Ask,      ///< a Request to a node
    Reply,    ///< to whoever asked; a client may be a node
  };
  Kind kind = Kind::Message;
  bool early = false;  ///< leaves before this handler's writes are durable
  NodeId to{};         ///< of a message or an ask
  ClientId client{};   ///< of a reply
  Envelope payload;
};

/// A timer to set; setting again re-arms it, and the old deadline can never fire.
struct TimerSetting {
  std::uint32_t timer = 0;
  std::uint64_t key = 0;
  bool cancel = false;
  Between after;
};

/// Everything that one handler recorded, each list in the order of recording.
struct Effects {
  std::vector<Write> writes;
  std::vector<TimerSetting> timers;
  std::vector<Outgoing> outgoing;
  std::vector<Claim> claims;
  std::vector<std::string> log;

  /// Forgets all, keeps memory.
  void clear() {
    writes.clear();
    timers.clear();
    outgoing.clear();
    claims.clear();
    log.clear();
  }
};

}  // namespace lockstep::transport
