#include "tests/transport/pinger_run.h"

#include "tests/transport/pinger.h"
#include "transport/process/remote.h"
#include "transport/simulated/cluster.h"

namespace lockstep::tests {

using namespace std::chrono_literals;
using transport::NodeId;

namespace {

struct CountReplies final : transport::ReplySink {
  void on_reply(transport::ClientId, NodeId, const transport::Reply&) override { ++replies; }
  std::uint64_t replies = 0;
};

transport::Envelope request(std::uint64_t sequence) {
  return transport::compose<transport::Request, transport::Request>(
      [&](transport::Request& request) {
        request.set_client(1);
        request.set_sequence(sequence);
      });
}

std::string state_of(const transport::Cluster& cluster) {
  std::string all;
  for (const NodeId node : cluster.nodes()) {
    const transport::Fields fields = cluster.describe(node);
    for (const auto& [name, value] : fields.values()) all += name + ": " + value + "\n";
  }
  return all;
}

}  // namespace

PingerOutcome run_pingers(std::unique_ptr<transport::Node> prototype, transport::HostFactory host) {
  constexpr std::uint32_t kNodes = 3;
  transport::EventLoop loop;
  transport::ClusterOptions options;
  options.seed = 11;
  options.network.loss_ppm = 20'000;
  options.network.duplicate_ppm = 20'000;
  options.host = std::move(host);
  transport::Cluster cluster(loop, options);
  CountReplies sink;
  cluster.set_reply_sink(&sink);
  for (std::uint32_t id = 1; id <= kNodes; ++id) cluster.add(NodeId{id}, prototype->fresh());
  for (std::uint32_t id = 1; id <= kNodes; ++id) cluster.start(NodeId{id});
  cluster.clock(NodeId{3}).drift(loop.now(), 10'000);
  for (std::uint64_t round = 1; round <= 20; ++round) {
    cluster.submit(transport::ClientId{1}, NodeId{1}, request(round));
    if (round % 5 == 2) cluster.crash(NodeId{2});
    if (round % 5 == 3) cluster.restart(NodeId{2});
    loop.run_until(loop.now() + 20ms);
  }
  PingerOutcome outcome{cluster.digest(), sink.replies, cluster.counts().handlers,
                        state_of(cluster)};
  loop.clear();
  return outcome;
}

std::unique_ptr<transport::Node> own_pinger() {
  return std::make_unique<transport::Hosted<Pinger<HandoutWords>>>(
      Pinger<HandoutWords>::Options{false, "m"});
}

std::unique_ptr<transport::Node> remote_pinger(bool chatty) {
  transport::NodeSpec spec{"pinger", "m", {}};
  if (chatty) spec.options["chatty"] = "yes";
  return transport::remote_node<handout::Message>(std::move(spec));
}

}  // namespace lockstep::tests
