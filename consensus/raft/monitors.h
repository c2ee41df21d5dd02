// What must always hold of a Raft group: the five properties of the paper's Figure 3, and the steps
// that they rest on (rules are listed in README.md).
//
// The monitor watches messages and claims. A claim is never evidence for the node that makes it:
// votes and acknowledgements are counted as messages that reached the leader, and what a node
// claims about its log is compared with what others hold. Which configuration counts follows from
// the logs too. Each event costs constant time; memory is that of the log entries that some node
// has not compacted yet.
//
// monitors.cc is about messages, monitored_claims.cc about logs, monitored_changes.cc about who
// takes part, monitored_reads.cc about reads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/raft/monitored_configurations.h"
#include "consensus/raft/monitored_reads.h"
#include "consensus/raft/position.h"
#include "consensus/raft/terms.h"
#include "consensus/raft/window.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

namespace raft {
class AppendEntries;
class AppendReply;
class InstallSnapshot;
class ReadIndexReply;
class RequestVote;
class SnapshotReply;
class VoteReply;
}  // namespace raft

class RaftMonitor {
 public:
  /// Watches a group with these founders, and whoever starts later. Requires: all numbers are from
  /// 1 to 63; other nodes are not watched.
  explicit RaftMonitor(const std::vector<NodeId>& founders);

  /// Takes note of one event. After the first violation it notes nothing more.
  void see(const Witness& witness);

  const std::optional<Violation>& violation() const { return violation_; }

  /// From now on nobody tells which configuration is in force at which node: whether a leader was
  /// elected by a quorum is not judged any more.
  void lose_sight_of_members() { sees_members_ = false; }

  /// From now on a node that claims no configuration in its present life is not asked which one it
  /// uses.
  void pardon_silence_about_members() { pardons_silence_ = true; }

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
    std::uint64_t voters = 0;         // and from whom.
    Term led{};                       // The latest term in which it is known for the leader.
    Term leads{};                     // 0 while it does not lead.
    std::vector<Index> acknowledged;  // To it as the leader, by place; by itself too.
    Index unproven{};                 // It committed this, before its own copy was durable.
    Index commit{};                   // Of this life, as are the following.
    Index applied{};
    Index read_locally{};
    raft::Terms log;
    raft::InForce configurations;
    // Since when the configuration stands that it says it uses; nothing if it does not say.
    std::optional<Index> configured;
  };

  /// An entry that stood in some log.
  struct Entry {
    Term term{};
    Term previous_term{};
    std::uint64_t digest = 0;
  };

  /// What is known of one index.
  struct Place {
    Entry entry;                // The first seen; of term 0 before.
    std::vector<Entry> others;  // Of other terms; rarely any.
    Term committed{};           // The term of the committed entry; 0 before it is committed.
    Term committed_in{};        // The term of the leader that committed it.
    bool is_applied = false;
    std::uint64_t command_digest = 0;
    std::uint64_t result_digest = 0;
    bool has_state = false;
    std::uint64_t state_digest = 0;  // Of the machine after this index.

    /// The entry of this term; null if none was seen.
    const Entry* find(Term term) const;
  };

  void sent(Watched& node, Watched* peer, const Witness& witness);
  void delivered(Watched& node, const Watched& peer, const Witness& witness);
  void sends_in_term(Watched& node, std::uint64_t term);
  void asked_to_vote(Watched& node, const Watched& candidate, const raft::RequestVote& request);
  void votes(Watched& node, Term term, NodeId candidate);
  void votes_for_another(Watched& node, Term term, const Watched& candidate);
  void acts_as_leader(Watched& node, Term term);
  void acknowledges(const Watched& node, Term term, Index index);
  const Watched* leader_of(Term term) const;

  void claims(Watched& node, const transport::Leads& claim);
  void claims(Watched& node, const transport::Follows& claim);
  void claims(Watched& node, const transport::Appended& claim);
  void claims(Watched& node, const transport::Truncated& claim);
  void claims(Watched& node, const transport::Committed& claim);
  void claims(Watched& node, const transport::Applied& claim);
  void claims(Watched& node, const transport::Installed& claim);
  void claims(Watched& node, const transport::Compacted& claim);
  void claims(Watched& node, const transport::Configured& claim);
  void claims(Watched& node, const transport::Served& claim);
  template <class Other>
  void claims(Watched&, const Other&) {}

  void leader_commits(Watched& leader, Index index, Term term);
  void commit_up_to(const Watched& leader, Index index);
  void has_stored(Watched& node);
  bool agree_on_state(const Watched& node, Index index, Term term, std::uint64_t digest);
  void forget_compacted();

  void learns(const Watched& node, Index index, Term term, raft::MemberSets sets);
  void changes(const Watched& leader, Index index, raft::MemberSets sets);
  void uses_latest(const Watched& node);
  void proposes(const Watched& node, const raft::AppendEntries& append);
  void offers(const Watched& node, const raft::InstallSnapshot& chunk);

  void requested(const Witness& witness);
  bool has_state_after(const Watched& node, Index index);
  void reads_as_leader(const Watched& node);
  void names_read_index(const Watched& node, const raft::ReadIndexReply& reply);

  Watched* find(NodeId node);
  Watched* add(NodeId node);
  std::size_t place_of(const Watched& node) const;
  bool is_forgotten(Index index) const { return index < places_.first(); }
  Place& place(Index index) { return places_[index]; }  // Valid until the next one is asked for.

  void broken(std::string_view rule, std::string_view source, std::string story);

  static constexpr std::size_t kNodes = 64;

  struct Leader {
    Term term{};
    NodeId node{};
  };

  raft::MemberSets founders_;
  std::vector<Watched> nodes_;
  std::array<std::uint8_t, kNodes> places_of_nodes_{};  // By number, from 1; 0 if not watched.
  std::vector<Leader> leaders_;                         // Those with a quorum's votes; ascending.
  raft::Window<Place> places_;
  Index committed_{};  // The highest index that a leader committed.
  Index applied_{};    // The highest committed index that a node applied.
  raft::ConfigurationEntries configurations_;
  raft::InForce committed_configurations_;
  raft::MonitoredReads reads_;
  bool sees_members_ = true;
  bool pardons_silence_ = false;
  std::optional<Violation> violation_;
  Time now_{};  // Of the event being seen.
  std::uint64_t event_ = 0;
};

}  // namespace lockstep::consensus
