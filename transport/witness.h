// What those who watch a run get to see, event by event, and what they may conclude.
//
// A monitor is a copyable class with
//   void see(const Witness&)                       constant time per event
//   const std::optional<Violation>& violation()    the first one, kept
//   std::uint64_t digest() const                   of everything it remembers
// It reads messages of its own protocol through Witness::message_as<Message>().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "transport/effects.h"
#include "transport/identity.h"
#include "transport/time.h"
#include "transport/world.h"

namespace lockstep::transport {

/// One thing that happened. Pointers are valid during the call only.
struct Witness {
  enum class Kind : std::uint8_t {
    Started,    ///< `node` came up; `start` says how
    Crashed,    ///< `node` went down
    Sent,       ///< `payload` left `node` for `peer`; all that `node` wrote before is durable
    Delivered,  ///< `payload` from `peer` is about to be handled by `node`
    Dropped,    ///< `payload` from `node` to `peer` was lost
    Requested,  ///< `payload`, a Request of `client`, is about to be handled by `node`
    Replied,    ///< `payload`, a Reply to `client`, left `node`
    Fired,      ///< timer `timer` with `key` is about to be handled by `node`
    Observed,   ///< `node` made `claim` in the handler just seen
    Stored,     ///< `writes` of `node` became durable
    Logged,     ///< `node` added `text` to its log
  };
  Kind kind{};
  Time at{};
  std::uint64_t event = 0;  ///< number of the event in this run, from 1
  NodeId node{};
  NodeId peer{};
  ClientId client{};
  const Envelope* payload = nullptr;
  const Claim* claim = nullptr;
  std::span<const Write> writes;
  Start start;
  std::uint32_t timer = 0;
  std::uint64_t key = 0;
  std::string_view text;

  /// The payload if it is a `Message`, otherwise nothing.
  template <class Message>
  const Message* message_as() const {
    if (payload == nullptr || !payload->belongs_to(protocol_tag<Message>())) return nullptr;
    return &static_cast<const Message&>(payload->message());
  }
};

/// A promise that was broken, as a person would say it.
struct Violation {
  std::string rule;    ///< short and stable, such as "Election Safety"
  std::string source;  ///< where the paper states it
  std::string story;   ///< what happened, with nodes, terms and indices
  std::uint64_t event = 0;
  Time at{};
};

/// Receives everything that happens in a run.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void see(const Witness& witness) = 0;
};

}  // namespace lockstep::transport
