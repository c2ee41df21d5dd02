// A Raft node alone on a bench, and the messages that others would send to it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "consensus/raft/raft.h"
#include "statemachine/counter.h"
#include "statemachine/sessions.h"
#include "tests/consensus/node_bench.h"

namespace lockstep::consensus::tests {

/// Raft over a counter, as the paper has it: whoever hears no leader stands at once.
Raft::Options counter_options();
/// The same with pre-vote, check-quorum and stickiness.
Raft::Options careful_options();

// Messages, as their authors would write them.

raft::RequestVote request_vote(std::uint64_t term, std::uint64_t last_index,
                               std::uint64_t last_term);
raft::VoteReply vote(std::uint64_t term, bool granted = true);
/// Entries of the given terms after (prev_index, prev_term); each adds 1 to the counter.
raft::AppendEntries entries(std::uint64_t term, std::uint64_t prev_index, std::uint64_t prev_term,
                            const std::vector<std::uint64_t>& terms, std::uint64_t commit = 0);
raft::AppendReply accepted(std::uint64_t term, std::uint64_t match, std::uint64_t round = 0);
/// Makes the chunk the only one of a snapshot with this state.
void carry(raft::InstallSnapshot& chunk, const std::string& state);

class Bench : public NodeBench<Raft> {
 public:
  /// A started founding member kSelf of a group of `nodes`.
  explicit Bench(Raft::Options options = counter_options(), std::uint32_t nodes = 3)
      : NodeBench(std::move(options), first(nodes)) {}

  using NodeBench::NodeBench;

  /// A command that adds 1, from client 7.
  void add(std::uint64_t sequence);

  /// Makes it the leader of a group of three, in term `term()`.
  void lead();

  std::uint64_t term() const { return number_in("term"); }

  /// The terms of its log, as stored on disk.
  std::vector<std::uint64_t> stored_terms() const;
};

}  // namespace lockstep::consensus::tests
