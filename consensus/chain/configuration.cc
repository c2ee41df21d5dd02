#include "consensus/chain/configuration.h"

#include "consensus/chain/chain.messages.h"

namespace lockstep::consensus::chain {

std::optional<std::size_t> Configuration::position(NodeId node) const {
  for (std::size_t at = 0; at < chain.size(); ++at) {
    if (chain[at].node == node) return at;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Configuration::since(NodeId node) const {
  if (is_joining(node)) return joining->since;
  const auto at = position(node);
  return at ? std::optional(chain[*at].since) : std::nullopt;
}

std::optional<NodeId> Configuration::predecessor(NodeId node) const {
  if (is_joining(node)) return tail();
  const auto at = position(node);
  if (!at || *at == 0) return std::nullopt;
  return chain[*at - 1].node;
}

std::optional<NodeId> Configuration::successor(NodeId node) const {
  const auto at = position(node);
  if (!at) return std::nullopt;
  if (*at + 1 < chain.size()) return chain[*at + 1].node;
  return joining ? std::optional(joining->node) : std::nullopt;
}

Configuration configuration_in(const ConfigurationRecord& record) {
  Configuration configuration;
  configuration.epoch = record.epoch();
  const auto place = [](const Member& member) {
    return Configuration::Place{NodeId{member.node()}, member.since()};
  };
  for (const Member& member : record.chain()) configuration.chain.push_back(place(member));
  if (record.has_joining()) configuration.joining = place(record.joining());
  for (const std::uint32_t node : record.suspected()) {
    configuration.suspected = with(std::move(configuration.suspected), NodeId{node});
  }
  return configuration;
}

ConfigurationRecord record_of(const Configuration& configuration) {
  ConfigurationRecord record;
  record.set_epoch(configuration.epoch);
  const auto write = [](const Configuration::Place& place, Member& member) {
    member.set_node(number(place.node));
    member.set_since(place.since);
  };
  for (const auto& place : configuration.chain) write(place, *record.add_chain());
  if (configuration.joining) write(*configuration.joining, *record.mutable_joining());
  for (const NodeId node : configuration.suspected) record.add_suspected(number(node));
  return record;
}

std::string to_string(const Configuration& configuration) {
  std::string text = std::to_string(configuration.epoch) + ":";
  for (const auto& place : configuration.chain) text += " " + transport::to_string(place.node);
  if (configuration.joining) {
    text += " joining " + transport::to_string(configuration.joining->node);
  }
  for (const NodeId node : configuration.suspected) {
    text += " suspecting " + transport::to_string(node);
  }
  return text;
}

}  // namespace lockstep::consensus::chain
