// The words of transport that protocols are written in, once for all of them.
#pragma once

#include "transport/node.h"
#include "transport/probe.h"
#include "transport/witness.h"

namespace lockstep::consensus {

using namespace std::chrono_literals;

using statemachine::AnyMachine;
using statemachine::MachineFactory;
using transport::Admin;
using transport::Between;
using transport::ClientId;
using transport::Context;
using transport::Duration;
using transport::Effects;
using transport::Envelope;
using transport::Fields;
using transport::NodeId;
using transport::Outgoing;
using transport::Probe;
using transport::Reply;
using transport::Request;
using transport::Start;
using transport::Time;
using transport::Violation;
using transport::Witness;

}  // namespace lockstep::consensus
