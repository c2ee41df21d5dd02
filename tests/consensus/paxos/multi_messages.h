// Messages of Multi-Paxos as tests write them, and a node on a bench that replicates a counter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "consensus/paxos/ballot.h"
#include "consensus/paxos/multi_paxos.h"
#include "statemachine/counter.h"
#include "statemachine/sessions.h"
#include "tests/consensus/node_bench.h"

namespace lockstep::consensus::tests {

using MultiBench = NodeBench<MultiPaxos>;

/// Round and node, as to_string(Ballot) writes them.
inline std::uint64_t in_ballot(std::uint64_t round, std::uint32_t node) {
  return round * paxos::kBallotNodes + node;
}

inline MultiPaxos::Options counter_options() {
  MultiPaxos::Options options;
  options.machine = statemachine::with_sessions(&statemachine::counter::make);
  options.window = 4;
  return options;
}

/// A client's command that adds `amount` to the counter.
inline multi_paxos::Value adds(std::int64_t amount, std::uint64_t client = 1) {
  multi_paxos::Value value;
  value.set_command(
      statemachine::encode_session_command(client, 1, 0, statemachine::counter::add(amount)));
  return value;
}

inline multi_paxos::Value no_op() {
  multi_paxos::Value value;
  value.set_no_op(true);
  return value;
}

inline multi_paxos::Value members(const std::vector<std::uint32_t>& nodes) {
  multi_paxos::Value value;
  for (const auto node : nodes) value.mutable_members()->add_node(node);
  return value;
}

inline multi_paxos::Vote vote(std::uint64_t slot, std::uint64_t ballot,
                              const multi_paxos::Value& value) {
  multi_paxos::Vote made;
  made.set_slot(slot);
  made.set_ballot(ballot);
  *made.mutable_value() = value;
  return made;
}

inline multi_paxos::Prepare prepare(std::uint64_t ballot, std::uint64_t from_slot) {
  multi_paxos::Prepare message;
  message.set_ballot(ballot);
  message.set_from_slot(from_slot);
  return message;
}

inline multi_paxos::Promise promise(std::uint64_t ballot,
                                    const std::vector<multi_paxos::Vote>& votes = {},
                                    std::uint64_t snapshot_slot = 0) {
  multi_paxos::Promise message;
  message.set_ballot(ballot);
  message.set_from_slot(1);
  message.set_snapshot_slot(snapshot_slot);
  for (const auto& made : votes) *message.add_votes() = made;
  return message;
}

inline multi_paxos::Accept accept(std::uint64_t ballot, std::uint64_t first,
                                  const std::vector<multi_paxos::Value>& values,
                                  std::uint64_t commit = 0) {
  multi_paxos::Accept message;
  message.set_ballot(ballot);
  message.set_first_slot(first);
  message.set_commit(commit);
  for (const auto& value : values) *message.add_values() = value;
  return message;
}

inline multi_paxos::Accepted accepted(std::uint64_t ballot, std::uint64_t first,
                                      std::uint64_t last) {
  multi_paxos::Accepted message;
  message.set_ballot(ballot);
  message.set_first_slot(first);
  message.set_last_slot(last);
  return message;
}

inline multi_paxos::Heartbeat heartbeat(std::uint64_t ballot, std::uint64_t commit,
                                        std::uint64_t round = 1) {
  multi_paxos::Heartbeat message;
  message.set_ballot(ballot);
  message.set_commit(commit);
  message.set_round(round);
  return message;
}

/// A client's request to add one.
inline Request add_one(std::uint64_t client = 7) {
  Request request;
  request.set_client(client);
  request.set_sequence(1);
  request.set_command(statemachine::counter::add(1));
  return request;
}

inline Request read_by(multi_paxos::ReadOptions::Level level) {
  Request request;
  request.set_client(8);
  request.set_sequence(1);
  request.set_command(statemachine::counter::read());
  request.set_read_only(true);
  multi_paxos::ReadOptions options;
  options.set_level(level);
  request.set_options(options.SerializeAsString());
  return request;
}

/// Node 1 of `count`, leading in ballot 1.1 with its own promise and that of node 2, which reports
/// these votes.
inline MultiBench leader(std::uint32_t count = 3, MultiPaxos::Options options = counter_options(),
                         const std::vector<multi_paxos::Vote>& votes = {}) {
  MultiBench bench(std::move(options), first(count));
  bench.fire(MultiPaxos::Timer::Election);
  bench.become_durable();
  for (std::uint32_t id = 2; id <= majority_of(count); ++id) {
    bench.deliver(NodeId{id}, promise(in_ballot(1, 1), votes));
  }
  return bench;
}

}  // namespace lockstep::consensus::tests
