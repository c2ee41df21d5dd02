#include "tests/transport/abd_run.h"

#include "consensus/abd/abd.h"
#include "statemachine/register.h"
#include "tests/transport/stage.h"

namespace lockstep::tests {

namespace register_machine = statemachine::register_machine;
using transport::ClusterOptions;
using transport::HostFactory;

namespace {

struct CountReplies final : transport::ReplySink {
  void on_reply(transport::ClientId, transport::NodeId, const transport::Reply&) override {
    ++replies;
  }
  std::uint64_t replies = 0;
};

transport::Envelope command(std::uint64_t client, std::uint64_t sequence) {
  return transport::compose<transport::Request, transport::Request>(
      [&](transport::Request& request) {
        request.set_client(client);
        request.set_sequence(sequence);
        request.set_command(sequence % 2 == 0
                                ? register_machine::read()
                                : register_machine::write("v" + std::to_string(sequence)));
      });
}

}  // namespace

Outcome run_abd(HostFactory host, std::uint64_t seed) {
  transport::EventLoop loop;
  ClusterOptions options;
  options.seed = seed;
  options.network.loss_ppm = 20'000;
  options.network.duplicate_ppm = 10'000;
  options.network.reorder_ppm = 50'000;
  options.host = std::move(host);
  transport::Cluster cluster(loop, options);
  CountReplies sink;
  cluster.set_reply_sink(&sink);
  for (std::uint32_t id = 1; id <= 5; ++id) {
    cluster.add(node(id),
                std::make_unique<transport::Hosted<consensus::Abd>>(consensus::Abd::Options{}));
  }
  for (std::uint32_t id = 1; id <= 5; ++id) cluster.start(node(id));
  cluster.clock(node(3)).drift(loop.now(), 10'000);
  for (std::uint64_t round = 1; round <= 60; ++round) {
    for (std::uint64_t client = 1; client <= 4; ++client) {
      cluster.submit(transport::ClientId{client},
                     node(static_cast<std::uint32_t>(1 + (round + client) % 5)),
                     command(client, round));
    }
    if (round % 10 == 3) cluster.tear_at_next_crash(node(2));
    if (round % 10 == 4) cluster.crash(node(2));
    if (round % 10 == 6) cluster.restart(node(2));
    if (round % 15 == 7) cluster.pause(node(4));
    if (round % 15 == 9) cluster.resume(node(4));
    loop.run_until(loop.now() + 20ms);
  }
  loop.run_until(loop.now() + 1s);
  const Outcome outcome{cluster.digest(), sink.replies, cluster.counts()};
  loop.clear();
  return outcome;
}

}  // namespace lockstep::tests
