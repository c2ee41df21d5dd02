// Clients that send their next request when the last one is answered: the load of the benchmarks of
// whole clusters, and of the soak test. A user of it gives the nodes and the commands.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "transport/simulated/cluster.h"

namespace lockstep::bench {

struct Load {
  std::uint32_t nodes = 5;
  std::uint64_t clients = 4;
  std::function<std::unique_ptr<transport::Node>()> make;
  std::function<std::string(std::uint64_t sequence)> command;
  /// A chance to add observers or faults before the nodes start.
  std::function<void(transport::Cluster&)> attach;
};

/// A cluster under load, driven event by event.
class ClosedLoop final : private transport::ReplySink {
 public:
  explicit ClosedLoop(Load load, transport::ClusterOptions options = {});
  ~ClosedLoop() override { loop_.clear(); }

  void step() { loop_.step(); }
  /// Events of the loop so far.
  std::uint64_t events() const { return loop_.fired(); }
  const transport::ClusterCounts& counts() const { return cluster_.counts(); }
  /// Requests that were executed.
  std::uint64_t replies() const { return replies_; }
  /// Requires: it was set up, so that every client has a request under way.
  void submit(std::uint64_t client, transport::NodeId to);

 private:
  void on_reply(transport::ClientId client, transport::NodeId from,
                const transport::Reply& reply) override;

  Load load_;
  transport::EventLoop loop_;
  transport::Cluster cluster_;
  std::uint64_t sequence_ = 0;
  std::uint64_t replies_ = 0;
};

}  // namespace lockstep::bench
