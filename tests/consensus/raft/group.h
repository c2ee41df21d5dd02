// A few Raft nodes under a small deterministic world of their own: messages are delayed, dropped
// and doubled, disks take time, nodes crash and restart, all by draws from one seed. It lets the
// tests of Raft stand on their own, without the simulator.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consensus/raft/monitors.h"
#include "consensus/raft/promises.h"
#include "consensus/raft/raft.h"
#include "transport/random.h"

namespace lockstep::consensus::tests {

struct GroupOptions {
  std::uint32_t nodes = 3;
  std::uint64_t seed = 1;
  std::uint64_t drop_ppm = 0;
  std::uint64_t duplicate_ppm = 0;
  Duration delay_high = 5ms;
  Duration disk_high = 2ms;
  Raft::Options raft{};
};

class Group {
 public:
  explicit Group(GroupOptions options);

  /// Lets virtual time pass.
  void run(Duration duration);

  void crash(NodeId node);
  void restart(NodeId node);
  bool is_up(NodeId node) const { return members_[place(node)].node.has_value(); }

  /// Asks every node that is up to add 1, as client 1 with this sequence.
  void ask(std::uint64_t sequence);
  bool is_answered(std::uint64_t sequence) const { return answers_.contains(sequence); }
  const std::map<std::uint64_t, std::string>& answers() const { return answers_; }

  /// A line of the node's description.
  std::string field(NodeId node, const std::string& name) const;

  /// How often a claim of this type was made.
  template <class Claim>
  std::size_t count() const {
    return claims_[transport::Claim(Claim{}).index()];
  }

  std::vector<NodeId> nodes() const { return ids_; }
  void heal() { options_.drop_ppm = options_.duplicate_ppm = 0; }
  const std::optional<Violation>& violation() const { return monitor_.violation(); }
  const std::optional<std::string>& broken_promise() const { return broken_promise_; }
  std::size_t probes() const { return probes_; }

 private:
  struct Member {
    transport::World world;
    std::optional<transport::Hosted<Raft>> node;
    transport::Image durable;
    std::uint64_t life = 0;
    Time disk_free{};
    std::map<std::uint32_t, std::uint64_t> timers;  // Generation of each setting.
  };
  struct Event {
    enum class Kind : std::uint8_t { Message, Timer, Flush } kind{};
    NodeId node{};
    NodeId from{};
    std::uint64_t life = 0;
    Envelope payload{};
    std::uint32_t timer = 0;
    std::uint64_t generation = 0;
    Effects effects{};
  };

  static std::size_t place(NodeId node) { return number(node) - 1; }
  std::uint64_t roll(transport::Purpose purpose) {
    return transport::draw(options_.seed, purpose, 0, ++ordinal_);
  }
  void at(Time time, Event event) {
    events_.emplace(std::pair(time, ++ordinal_), std::move(event));
  }
  void handle(Event event);
  void begin(Member& member);
  void finish(NodeId node);
  void flush(Event& event);
  void send(NodeId from, const Outgoing& outgoing);
  void see(Witness::Kind kind, NodeId node, const std::function<void(Witness&)>& fill = {});
  void probe(NodeId node, const Probe& probe);

  GroupOptions options_;
  std::vector<NodeId> ids_;
  std::vector<Member> members_;
  std::map<std::pair<Time, std::uint64_t>, Event> events_;
  std::map<std::uint64_t, std::string> answers_;
  std::vector<std::size_t> claims_ =
      std::vector<std::size_t>(std::variant_size_v<transport::Claim>);
  Time now_{};
  std::uint64_t ordinal_ = 0;
  std::uint64_t event_number_ = 0;
  RaftMonitor monitor_;
  RaftPromises promises_;
  std::optional<std::string> broken_promise_;
  std::size_t probes_ = 0;
};

}  // namespace lockstep::consensus::tests
