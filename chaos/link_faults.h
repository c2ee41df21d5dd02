// What the faults under way do to the messages between nodes.
//
// Only a handful is ever under way at once, so each message is looked up in each of them: a bit
// per link, in one flat array per fault.
#pragma once

#include <cstdint>
#include <vector>

#include "transport/simulated/cluster.h"

namespace lockstep::chaos {

/// A set of one-way links between nodes, by node number.
class LinkSet {
 public:
  explicit LinkSet(std::uint32_t highest_node) : stride_(highest_node + 1) {
    bits_.resize(static_cast<std::size_t>(stride_) * stride_);
  }
  void add(transport::NodeId from, transport::NodeId to) { bits_[at(from, to)] = 1; }
  /// False for nodes above the highest one.
  bool has(transport::NodeId from, transport::NodeId to) const {
    return number(from) < stride_ && number(to) < stride_ && bits_[at(from, to)] != 0;
  }

 private:
  std::size_t at(transport::NodeId from, transport::NodeId to) const {
    return static_cast<std::size_t>(number(from)) * stride_ + number(to);
  }
  std::uint32_t stride_;
  std::vector<std::uint8_t> bits_;
};

class LinkFaults {
 public:
  enum class Effect : std::uint8_t { Cut, Delay, Lose, Duplicate, Reorder };

  /// One fault under way.
  struct Active {
    std::size_t fault;  ///< the caller's number for it
    Effect effect;
    LinkSet links;
    transport::Duration extra{};  ///< of Delay
    std::uint32_t ppm = 0;        ///< of Lose, Duplicate and Reorder
  };

  explicit LinkFaults(std::uint64_t seed) : seed_(seed) {}

  void begin(Active active) { active_.push_back(std::move(active)); }
  void end(std::size_t fault);
  void clear() { active_.clear(); }
  bool empty() const { return active_.empty(); }

  /// Changes the fate of a message; appends the faults that did to `bit`.
  void apply(const transport::Transmission& transmission, transport::Duration slowest,
             transport::Fate& fate, std::vector<std::size_t>& bit) const;

 private:
  bool change(const Active& active, const transport::Transmission& transmission,
              transport::Duration slowest, transport::Fate& fate) const;

  std::uint64_t seed_;
  std::vector<Active> active_;
};

}  // namespace lockstep::chaos
