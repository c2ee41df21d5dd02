// A protocol of two messages for the cases of this folder, each of which makes one mistake in it.
#pragma once

#include "tests/transport/other.messages.h"
#include "tests/transport/toy.messages.h"
#include "transport/node.h"

namespace lockstep::tests {

using transport::Context;
using transport::NodeId;
using transport::Request;
using transport::Start;

/// Everything that a protocol needs but the handlers of its messages and of its timer.
struct Base {
  using Message = toy::Message;
  enum class Timer { Alarm };
  struct Options {};
};

enum class ForeignTimer { Alarm };

}  // namespace lockstep::tests
