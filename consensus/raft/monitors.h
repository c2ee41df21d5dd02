// What must always hold of a Raft group: the five properties of the paper's Figure 3, and the steps
// that they rest on (rules are listed in README.md).
//
// The monitor watches messages and claims. A claim is never evidence for the node that makes it:
// votes and acknowledgements are counted as messages that reached the leader, and what a node
// claims about its log is compared with what others hold. Each event costs constant time; memory is
// that of the log entries that some node has not compacted yet.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/raft/position.h"
#include "consensus/raft/terms.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

namespace raft {
class AppendEntries;
class AppendReply;
class InstallSnapshot;
class RequestVote;
class SnapshotReply;
class VoteReply;
}  // namespace raft

class RaftMonitor {
 public:
  /// Watches a group of these members, fewer than 65.
  explicit RaftMonitor(std::vector<NodeId> members);

  /// Takes note of one event. After the first violation it notes nothing more.
  void see(const Witness& witness);

  const std::optional<Violation>& violation() const { return violation_; }

  /// Digest of everything remembered.
  std::uint64_t digest() const;

 private:
  using Term = raft::Term;
  using Index = raft::Index;

  /// What is known of one node.
  struct Watched {
    NodeId id{};
    Term sent{};                      // The term of its latest message.
    Term heard{};                     // The highest term that it sent or received.
    Term voted_in{};                  // The latest term it voted in,
    NodeId voted_for{};               // and for whom.
    Term asked_in{};                  // The latest term in which it was asked for its vote,
    std::uint64_t worthy = 0;         // and the candidates whose log was then up to date.
    Term votes_in{};                  // The latest term in which votes reached it,
    std::uint64_t voters = 0;         // and from which places.
    Term leads{};                     // 0 while it does not lead.
    std::vector<Index> acknowledged;  // To it as the leader, by place.
    Index commit{};                   // Of this life, as are the following.
    Index applied{};
    raft::Terms log;
  };

  /// An entry that stood in some log.
  struct Entry {
    Term term{};
    Term previous_term{};
    std::uint64_t digest = 0;
  };

  /// What is known of one index.
  struct Place {
    std::vector<Entry> entries;  // One for each term seen; rarely more than one.
    Term committed{};            // The term of the committed entry; 0 before it is committed.
    Term committed_in{};         // The term of the leader that committed it.
    bool is_applied = false;
    std::uint64_t command_digest = 0;
    std::uint64_t result_digest = 0;
    bool has_state = false;
    std::uint64_t state_digest = 0;  // Of the machine after this index.
  };

  void sent(Watched& node, Watched* peer, const Witness& witness);
  void delivered(Watched& node, const Watched& peer, const Witness& witness);
  void sends_in_term(Watched& node, std::uint64_t term);
  void asked_to_vote(Watched& node, const Watched& candidate, const raft::RequestVote& request);
  void votes(Watched& node, Term term, NodeId candidate);
  void votes_for_another(Watched& node, Term term, const Watched& candidate);
  void acts_as_leader(Watched& node, Term term);
  void acknowledges(const Watched& node, Term term, Index index);

  void claims(Watched& node, const transport::Leads& claim);
  void claims(Watched& node, const transport::Follows& claim);
  void claims(Watched& node, const transport::Appended& claim);
  void claims(Watched& node, const transport::Truncated& claim);
  void claims(Watched& node, const transport::Committed& claim);
  void claims(Watched& node, const transport::Applied& claim);
  void claims(Watched& node, const transport::Installed& claim);
  void claims(Watched& node, const transport::Compacted& claim);
  void claims(Watched&, const transport::Reached&) {}
  void claims(Watched&, const transport::Configured&) {}
  void claims(Watched&, const transport::Served&) {}

  void leader_commits(const Watched& leader, Index index, Term term);
  bool agree_on_state(const Watched& node, Index index, Term term, std::uint64_t digest);
  void forget_compacted();

  Watched* find(NodeId node);
  std::size_t place_of(const Watched& node) const;
  bool is_forgotten(Index index) const { return index < first_place_; }
  Place& place(Index index);

  void broken(std::string_view rule, std::string_view source, std::string story);

  std::vector<Watched> nodes_;
  std::map<Term, NodeId> leaders_;  // Those with a majority's votes.
  std::deque<Place> places_;        // From first_place_ on.
  Index first_place_{};
  Index committed_{};  // The highest index that a leader committed.
  std::optional<Violation> violation_;
  Time now_{};  // Of the event being seen.
  std::uint64_t event_ = 0;
};

}  // namespace lockstep::consensus
