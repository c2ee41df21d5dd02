#include "tests/transport/stage.h"

#include <fmt/core.h>

namespace lockstep::tests {

using transport::to_string;
using transport::Witness;

namespace {

std::string content(const transport::Witness& witness) {
  if (const auto* message = witness.message_as<toy::Message>()) {
    return message->say().text().empty() ? message->say().script() : message->say().text();
  }
  if (const auto* request = witness.message_as<transport::Request>()) return request->command();
  if (const auto* reply = witness.message_as<transport::Reply>()) return reply->result();
  return witness.payload == nullptr ? "" : std::string(witness.payload->name());
}

std::string writes(const Witness& witness) {
  std::string text;
  for (const auto& write : witness.writes) {
    text += " " + write.key + "=" + (write.value ? *write.value : "(erased)");
  }
  return text;
}

std::string story(const Witness& witness) {
  const std::string who = to_string(witness.node);
  const std::string pair = who + " " + to_string(witness.peer) + " ";
  switch (witness.kind) {
    case Witness::Kind::Started:
      return fmt::format("started {} {}.{}", who, static_cast<int>(witness.start.kind),
                         witness.start.incarnation);
    case Witness::Kind::Crashed:
      return "crashed " + who;
    case Witness::Kind::Sent:
      return "sent " + pair + content(witness);
    case Witness::Kind::Delivered:
      return "delivered " + pair + content(witness);
    case Witness::Kind::Dropped:
      return "dropped " + pair + content(witness);
    case Witness::Kind::Requested:
      return "requested " + who + " " + to_string(witness.client) + " " + content(witness);
    case Witness::Kind::Replied:
      return "replied " + who + " " + to_string(witness.client) + " " + content(witness);
    case Witness::Kind::Fired:
      return fmt::format("fired {} {}", who, witness.key);
    case Witness::Kind::Observed:
      return "observed " + who;
    case Witness::Kind::Stored:
      return "stored " + who + writes(witness);
    case Witness::Kind::Logged:
      return fmt::format("logged {} {}", who, witness.text);
  }
  return "unknown";
}

}  // namespace

void Recorder::see(const Witness& witness) {
  const auto microseconds = witness.at.time_since_epoch().count() / 1000;
  lines_.push_back(fmt::format("{}us {}", microseconds, story(witness)));
}

std::vector<std::string> Recorder::with(std::string_view what) const {
  std::vector<std::string> found;
  for (const auto& line : lines_) {
    if (line.find(what) != std::string::npos) found.push_back(line);
  }
  return found;
}

transport::ClusterOptions exact(std::uint64_t seed) {
  transport::ClusterOptions options;
  options.seed = seed;
  options.network.delay = {1ms, 1ms};
  options.sync = {10ms, 10ms};
  return options;
}

Stage::Stage(transport::ClusterOptions options, std::uint32_t nodes, std::string on_start)
    : cluster(loop, std::move(options)) {
  cluster.set_reply_sink(this);
  cluster.set_interceptor(&fault);
  cluster.add_observer(&recorder);
  for (std::uint32_t id = 1; id <= nodes; ++id) {
    cluster.add(node(id), std::make_unique<transport::Hosted<Toy>>(Toy::Options{on_start}));
  }
  for (std::uint32_t id = 1; id <= nodes; ++id) cluster.start(node(id));
}

void Stage::order(std::uint32_t to, std::string script) {
  constexpr transport::ClientId kClient{9};
  cluster.submit(
      kClient, node(to),
      transport::compose<transport::Request, transport::Request>([&](transport::Request& request) {
        request.set_client(number(kClient));
        request.set_sequence(++next_sequence_);
        request.set_command(std::move(script));
      }));
}

std::string Stage::heard(std::uint32_t by) const {
  if (!cluster.is_up(node(by))) return "down";
  std::string all;
  const transport::Fields fields = cluster.describe(node(by));
  for (const auto& [name, value] : fields.values()) {
    all += (all.empty() ? "" : " ") + value;
  }
  return all;
}

void Stage::on_reply(transport::ClientId client, transport::NodeId from,
                     const transport::Reply& reply) {
  replies.push_back(fmt::format("{}.{} {} {}", to_string(client), reply.sequence(), to_string(from),
                                reply.result()));
}

}  // namespace lockstep::tests
