// Messages of single-decree Paxos as tests write them; the key is always "k".
#pragma once

#include <cstdint>
#include <string>

#include "consensus/paxos/ballot.h"
#include "consensus/paxos/paxos.messages.h"
#include "consensus/vocabulary.h"
#include "statemachine/decisions.h"
#include "tests/consensus/node_bench.h"

namespace lockstep::consensus::tests::single {

/// Round and node, as to_string(Ballot) writes them.
inline std::uint64_t ballot(std::uint64_t round, std::uint32_t node) {
  return round * paxos::kBallotNodes + node;
}

inline paxos::Prepare prepare(std::uint64_t ballot) {
  paxos::Prepare message;
  message.set_key("k");
  message.set_ballot(ballot);
  return message;
}

inline paxos::Promise promise(std::uint64_t ballot, std::uint64_t accepted = 0,
                              const std::string& value = {}) {
  paxos::Promise message;
  message.set_key("k");
  message.set_ballot(ballot);
  message.set_accepted_ballot(accepted);
  message.set_value(value);
  return message;
}

inline paxos::Accept accept(std::uint64_t ballot, const std::string& value) {
  paxos::Accept message;
  message.set_key("k");
  message.set_ballot(ballot);
  message.set_value(value);
  return message;
}

inline paxos::Accepted accepted(std::uint64_t ballot, const std::string& value) {
  paxos::Accepted message;
  message.set_key("k");
  message.set_ballot(ballot);
  message.set_value(value);
  return message;
}

inline paxos::Decided decided(const std::string& value) {
  paxos::Decided message;
  message.set_key("k");
  message.set_value(value);
  return message;
}

/// A client's proposal.
inline Request wish(const std::string& value, std::uint64_t client = 1) {
  Request request;
  request.set_client(client);
  request.set_sequence(1);
  request.set_command(statemachine::decisions::propose("k", value));
  return request;
}

}  // namespace lockstep::consensus::tests::single
