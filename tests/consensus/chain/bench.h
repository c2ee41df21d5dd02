// A server of a chain alone on a bench, with one master (node 9) and what others would send to it.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "consensus/chain/chain.h"
#include "tests/consensus/node_bench.h"

namespace lockstep::consensus::tests {

inline constexpr NodeId kMaster{9};

/// CRAQ over a key-value store; heartbeats every 50 ms, leases of 300 ms.
Chain::Options craq_options();
/// A plain chain.
Chain::Options chain_options();

/// Nodes in this order, all there since epoch 1 unless said otherwise.
chain::Configuration chain_of(std::uint64_t epoch, std::initializer_list<NodeId> nodes);

// Messages, as their authors would write them.

/// Puts of "v" at "k", one for each epoch given, after `previous`.
chain::Update updates(std::uint64_t epoch, std::uint64_t previous,
                      std::initializer_list<std::uint64_t> epochs);
chain::UpdateAck update_ack(std::uint64_t epoch, std::uint64_t committed, std::uint64_t last);

class ChainBench : public NodeBench<Chain> {
 public:
  /// A started server kSelf that knows no chain yet.
  explicit ChainBench(Chain::Options options = craq_options());

  /// The master answers the latest question.
  void master_says(const chain::Configuration& configuration);

  /// So much of its time goes by; nothing happens.
  void pass(Duration time) { world.now += time; }

  /// Client 7 writes "v" at `key`, or reads it.
  void put(std::uint64_t sequence, const std::string& key = "k");
  void get(std::uint64_t sequence, const std::string& key = "k",
           chain::ReadOptions::Level level = chain::ReadOptions::DEFAULT,
           std::uint64_t bound_us = 0);

  std::uint64_t last() const { return number_in("history last"); }
  std::uint64_t committed() const { return number_in("committed"); }
  /// The status of the only reply of the last step; nothing if there was none.
  std::optional<Reply::Status> status() const;
  /// Whether it asked the master for anything but a look in the last step.
  std::optional<chain::MasterCommand> wish() const;
};

}  // namespace lockstep::consensus::tests
