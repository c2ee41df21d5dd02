#include "tests/bench/closed_loop.h"

namespace lockstep::bench {

using transport::NodeId;

ClosedLoop::ClosedLoop(Load load, transport::ClusterOptions options)
    : load_(std::move(load)), cluster_(loop_, std::move(options)) {
  cluster_.set_reply_sink(this);
  for (std::uint32_t id = 1; id <= load_.nodes; ++id) cluster_.add(NodeId{id}, load_.make());
  if (load_.attach) load_.attach(cluster_);
  for (std::uint32_t id = 1; id <= load_.nodes; ++id) cluster_.start(NodeId{id});
  for (std::uint64_t client = 1; client <= load_.clients; ++client) {
    submit(client, NodeId{static_cast<std::uint32_t>(1 + client % load_.nodes)});
  }
}

void ClosedLoop::submit(std::uint64_t client, NodeId to) {
  cluster_.submit(
      transport::ClientId{client}, to,
      transport::compose<transport::Request, transport::Request>([&](transport::Request& request) {
        request.set_client(client);
        request.set_sequence(++sequence_);
        request.set_acknowledged_below(sequence_);
        request.set_command(load_.command(sequence_));
      }));
}

void ClosedLoop::on_reply(transport::ClientId client, NodeId from, const transport::Reply& reply) {
  replies_ += reply.status() == transport::Reply::OK;
  const bool redirected = reply.status() == transport::Reply::REDIRECT;
  submit(number(client), redirected ? NodeId{reply.redirect()} : from);
}

}  // namespace lockstep::bench
