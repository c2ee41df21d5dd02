#include "tests/consensus/chain/bench.h"

#include "statemachine/kv.h"
#include "statemachine/sessions.h"

namespace lockstep::consensus::tests {

namespace kv = statemachine::kv;

Chain::Options craq_options() {
  Chain::Options options;
  options.machine = statemachine::with_sessions(kv::make);
  options.object = kv::partition;
  options.masters = 1;
  options.apportioned = true;
  return options;
}

Chain::Options chain_options() {
  auto options = craq_options();
  options.apportioned = false;
  return options;
}

chain::Configuration chain_of(std::uint64_t epoch, std::initializer_list<NodeId> nodes) {
  chain::Configuration configuration;
  configuration.epoch = epoch;
  for (const NodeId node : nodes) configuration.chain.push_back({node, 1});
  return configuration;
}

chain::Update updates(std::uint64_t epoch, std::uint64_t previous,
                      std::initializer_list<std::uint64_t> epochs) {
  chain::Update update;
  update.set_epoch(epoch);
  update.set_previous(previous);
  std::uint64_t sequence = previous;
  for (const std::uint64_t taken_up : epochs) {
    chain::Entry& entry = *update.add_entries();
    entry.set_epoch(taken_up);
    entry.set_command(statemachine::encode_session_command(7, ++sequence, 0, kv::put("k", "v")));
  }
  update.set_last(sequence);
  update.set_has_lease(true);
  return update;
}

chain::UpdateAck update_ack(std::uint64_t epoch, std::uint64_t committed, std::uint64_t last) {
  chain::UpdateAck ack;
  ack.set_epoch(epoch);
  ack.set_committed(committed);
  ack.set_last(last);
  ack.set_has_lease(true);
  return ack;
}

// The master is the first member, so it comes first although its number is the highest.
ChainBench::ChainBench(Chain::Options options)
    : NodeBench(std::move(options), {kMaster, kSelf, kSecond, kThird}) {}

void ChainBench::master_says(const chain::Configuration& configuration) {
  fire(Timer::Tick);
  Reply reply;
  for (const Outgoing& outgoing : world.effects.outgoing) {
    if (outgoing.kind != Outgoing::Kind::Ask) continue;
    reply.set_sequence(static_cast<const Request&>(outgoing.payload.message()).sequence());
  }
  reply.set_result(chain::record_of(configuration).SerializeAsString());
  this->reply(kMaster, reply);
}

void ChainBench::put(std::uint64_t sequence, const std::string& key) {
  Request asked;
  asked.set_client(7);
  asked.set_sequence(sequence);
  asked.set_command(kv::put(key, "v"));
  request(asked);
}

void ChainBench::get(std::uint64_t sequence, const std::string& key,
                     chain::ReadOptions::Level level, std::uint64_t bound_us) {
  chain::ReadOptions options;
  options.set_level(level);
  options.set_bound_us(bound_us);
  Request asked;
  asked.set_client(8);
  asked.set_sequence(sequence);
  asked.set_command(kv::get(key));
  asked.set_read_only(true);
  asked.set_options(options.SerializeAsString());
  request(asked);
}

std::optional<Reply::Status> ChainBench::status() const {
  const auto all = replies();
  return all.size() == 1 ? std::optional(all.front().status()) : std::nullopt;
}

std::optional<chain::MasterCommand> ChainBench::wish() const {
  for (const Outgoing& outgoing : world.effects.outgoing) {
    if (outgoing.kind != Outgoing::Kind::Ask) continue;
    chain::MasterCommand command;
    command.ParseFromString(static_cast<const Request&>(outgoing.payload.message()).command());
    if (!command.has_look()) return command;
  }
  return std::nullopt;
}

}  // namespace lockstep::consensus::tests
