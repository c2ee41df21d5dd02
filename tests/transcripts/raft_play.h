// A scenario of Raft that leaves a transcript. Nobody stands for election unless the script lets
// the timer come due, messages take 1 ms and fsyncs 0.5 ms, so that a figure is played move by
// move.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/scenario.h"
#include "consensus/raft/raft.messages.h"
#include "tests/transcripts/raft_witness.h"

namespace lockstep::tests {

using namespace std::chrono_literals;

using asio::awaitable;
using transport::NodeId;
using ReadOptions = consensus::raft::ReadOptions;

inline constexpr NodeId n1{1};
inline constexpr NodeId n2{2};
inline constexpr NodeId n3{3};
inline constexpr NodeId n4{4};
inline constexpr NodeId n5{5};
inline constexpr NodeId n6{6};
inline constexpr NodeId n7{7};

/// Options under which Raft is that of the paper: no pre-vote, no leases, nobody ignores
/// candidates.
chaos::OptionValues as_in_the_paper();

/// What a server has on disk in `term` with entries of these terms; it voted for nobody.
transport::Image disk_with(std::uint64_t term, std::initializer_list<std::uint64_t> entry_terms);

/// Requests of clients and operators.
chaos::Scenario::Fill put(std::string key, std::string value);
chaos::Scenario::Fill get(std::string key, ReadOptions::Level level = ReadOptions::DEFAULT);
chaos::Scenario::Fill add(NodeId node);
chaos::Scenario::Fill remove(NodeId node);
chaos::Scenario::Fill hand_over_to(NodeId node);
chaos::Scenario::Fill change_members(std::vector<NodeId> nodes);

class RaftPlay {
 public:
  struct Setting {
    std::uint32_t nodes = 3;
    std::uint32_t spares = 0;
    chaos::OptionValues options = as_in_the_paper();
    std::map<NodeId, transport::Image> disks;
    bool is_beyond_promise = false;  // A monitor has to find that something broke.
  };

  /// `name` is that of the file below raft/.
  RaftPlay(std::string name, std::string title, Setting setting);

  /// Plays the script, adds the verdicts, and compares with the file. The checks are doctest's.
  void act(const std::function<awaitable<void>()>& script);

  /// The election timer of a server that does not lead comes due.
  void time_out(NodeId node);
  /// It does, again and again until the server leads.
  awaitable<void> elect(NodeId node);

  /// Nobody reaches the servers, and they reach nobody, but each other. Replaces what was lost
  /// before.
  void partition(const std::vector<NodeId>& nodes);
  /// AppendEntries of the servers reach nobody but each other. Replaces what was lost before.
  void keep_entries_among(const std::vector<NodeId>& nodes);
  void heal();
  void crash(NodeId node) { scenario_.cluster().crash(node); }
  void restart(NodeId node) { scenario_.cluster().restart(node); }

  awaitable<void> sleep(transport::Duration duration) { return scenario_.sleep(duration); }
  /// One request, answered or not within a moment.
  awaitable<std::optional<transport::Reply>> ask(NodeId node, chaos::Scenario::Fill fill,
                                                 transport::Duration patience = 20ms) {
    return scenario_.ask(node, std::move(fill), patience);
  }

  void note(std::string_view text);
  void table(std::string_view caption);

  /// What the server says of itself under this name; empty if it is down.
  std::string field(NodeId node, std::string_view name);

  chaos::Scenario& scenario() { return scenario_; }
  RaftWitness& witness() { return witness_; }

 private:
  std::string verdict();

  std::string name_;
  std::string title_;
  bool is_beyond_promise_;
  RaftWitness witness_;
  chaos::Scenario scenario_;
};

}  // namespace lockstep::tests
