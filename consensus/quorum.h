// Who takes part in a group, and how many of them have to agree.
//
// Nodes are kept in ascending order, so that whoever goes through them does so in the same order on
// every machine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "transport/identity.h"

namespace lockstep::consensus {

/// How many of `members` make a majority. Any two majorities share a member.
constexpr std::size_t majority_of(std::size_t members) { return members / 2 + 1; }

using Nodes = std::vector<transport::NodeId>;  // ascending

/// Whether `node` is among the nodes.
inline bool contains(const Nodes& nodes, transport::NodeId node) {
  return std::binary_search(nodes.begin(), nodes.end(), node);
}

/// The nodes with `node` among them, or without it.
Nodes with(Nodes nodes, transport::NodeId node);
Nodes without(Nodes nodes, transport::NodeId node);

/// Who voted, promised, accepted or answered; a message that arrives twice counts once.
class Votes {
 public:
  void clear() { voters_.clear(); }
  void add(transport::NodeId voter) { voters_ = with(std::move(voters_), voter); }
  bool has(transport::NodeId voter) const { return contains(voters_, voter); }
  std::size_t count() const { return voters_.size(); }
  const Nodes& voters() const { return voters_; }

 private:
  Nodes voters_;
};

}  // namespace lockstep::consensus
