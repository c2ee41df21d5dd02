#include "consensus/raft/configuration.h"

#include <fmt/core.h>

#include <iterator>
#include <utility>

#include "consensus/raft/raft.pb.h"

namespace lockstep::consensus::raft {

using transport::NodeId;
using transport::number;

namespace {

Nodes merged(const Nodes& left, const Nodes& right) {
  Nodes all;
  std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(all));
  return all;
}

Nodes nodes_in(const google::protobuf::RepeatedField<std::uint32_t>& numbers) {
  Nodes nodes;
  for (const std::uint32_t node : numbers) nodes.push_back(NodeId{node});
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

std::uint64_t bits_of(const Nodes& nodes) {
  std::uint64_t bits = 0;
  for (const NodeId node : nodes) bits |= 1ull << (number(node) & 63);
  return bits;
}

std::string listed(const Nodes& nodes) {
  std::string list;
  for (const NodeId node : nodes) list += (list.empty() ? "" : " ") + to_string(node);
  return list.empty() ? "nobody" : list;
}

}  // namespace

Nodes Configuration::members() const { return merged(merged(voters, outgoing), learners); }

Configuration configuration_in(const Members& message) {
  return {nodes_in(message.voters()), nodes_in(message.outgoing()), nodes_in(message.learners())};
}

void write(const Configuration& configuration, Members& message) {
  for (const NodeId node : configuration.voters) message.add_voters(number(node));
  for (const NodeId node : configuration.outgoing) message.add_outgoing(number(node));
  for (const NodeId node : configuration.learners) message.add_learners(number(node));
}

transport::Configured configured(Index index, Term term, const Configuration& configuration) {
  return {{},
          number(index),
          number(term),
          bits_of(configuration.voters),
          bits_of(configuration.outgoing),
          bits_of(configuration.learners)};
}

std::string to_string(const Configuration& configuration) {
  std::string text = listed(configuration.voters);
  if (configuration.is_joint()) text = listed(configuration.outgoing) + " -> " + text;
  if (!configuration.learners.empty()) text += ", learning " + listed(configuration.learners);
  return text;
}

void Configurations::reset(Index index, Configuration configuration) {
  entries_.clear();
  append(index, std::move(configuration));
}

const Configuration& Configurations::at(Index index) const {
  auto entry = entries_.rbegin();
  while (entry->index > index && std::next(entry) != entries_.rend()) ++entry;
  return entry->configuration;
}

const Configuration& Configurations::previous() const {
  return entries_.size() > 1 ? entries_[entries_.size() - 2].configuration : latest();
}

bool Configurations::truncate(Index index) {
  bool changed = false;
  for (; entries_.size() > 1 && entries_.back().index >= index; changed = true) entries_.pop_back();
  return changed;
}

void Configurations::compact(Index index) {
  while (entries_.size() > 1 && entries_[1].index <= index) entries_.erase(entries_.begin());
}

}  // namespace lockstep::consensus::raft
