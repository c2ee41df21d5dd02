// Clients that drive a cluster: each is a value (chaos/workload.h) that a coroutine leads through
// invocation, retries, redirects and time-outs, while the history is recorded.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "chaos/check/history.h"
#include "chaos/system.h"
#include "chaos/workload.h"
#include "transport/simulated/cluster.h"

namespace lockstep::chaos {

/// How patient clients are.
struct Patience {
  /// After this a request is sent again, to another node, where requests may be retried.
  transport::Between attempt{std::chrono::milliseconds(150), std::chrono::milliseconds(250)};
  /// After this the operation is given up and stays open: its effect may come later.
  transport::Duration operation = std::chrono::seconds(2);
  /// Between a refusal and the next attempt.
  transport::Between backoff{std::chrono::milliseconds(2), std::chrono::milliseconds(20)};
};

/// All clients of one run.
class Clients final : public transport::ReplySink {
 public:
  /// Requires: the cluster and the system outlive this object.
  Clients(transport::Cluster& cluster, const System& system, const OptionValues& options,
          std::vector<ReadLevel> levels, const WorkloadOptions& workload, const Patience& patience,
          std::uint64_t seed);
  ~Clients() override;

  /// Clients ask this node as well from now on; the founders they know.
  void add_node(transport::NodeId node);

  /// Starts all clients. They do nine tenths of their operations and wait for the calm.
  void begin();

  /// The storm is over: clients do the rest.
  void calm();

  /// True when all did what they do before the calm, or altogether if it has begun.
  bool are_done() const;

  /// The longest that a client which still has something to do has gone without an answer, since
  /// the calm began.
  transport::Duration longest_wait() const;
  /// The client that longest_wait() is about, and what it waits for.
  std::string who_waits() const;

  const HistoryRecorder& recorder() const;

  /// Throws what a client's coroutine threw, if any did.
  void rethrow();

  void on_reply(transport::ClientId client, transport::NodeId from,
                const transport::Reply& reply) override;

 private:
  class Session;
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace lockstep::chaos
