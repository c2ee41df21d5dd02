// The part of the monitor that judges what nodes claim about their logs.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "consensus/raft/monitors.h"

namespace lockstep::consensus {

void RaftMonitor::claims(Watched& node, const transport::Leads& claim) {
  const Term term{claim.term};
  acts_as_leader(node, term);
  uses_latest(node);
  node.leads = term;
  node.unproven = {};
  std::fill(node.acknowledged.begin(), node.acknowledged.end(), Index{});
  if (committed_ < node.log.base() || is_forgotten(committed_)) return;
  const Place& committed = place(committed_);
  if (committed.committed_in < term && node.log.at(committed_) != committed.committed) {
    broken("Leader Completeness", "Figure 3, §5.4",
           fmt::format("{} leads term {} without the entry at index {}, committed in term {}",
                       to_string(node.id), number(term), number(committed_),
                       number(committed.committed_in)));
  }
}

void RaftMonitor::claims(Watched& node, const transport::Follows&) {
  node.leads = {};
  node.unproven = {};
}

void RaftMonitor::claims(Watched& node, const transport::Appended& claim) {
  const Index index{claim.index};
  const Entry entry{Term{claim.term}, node.log.last_term(), claim.entry_digest};
  if (index != next(node.log.last())) {
    const bool overwrites = node.leads != Term{} && index <= node.log.last();
    return broken(overwrites ? "Leader Append-Only" : "Logs Grow At Their End",
                  overwrites ? "Figure 3, §5.3" : "§5.3",
                  fmt::format("{} wrote index {} while its log ended at {}", to_string(node.id),
                              claim.index, number(node.log.last())));
  }
  node.log.append(entry.term);
  if (const auto* sets = configurations_.find(index, entry.term)) {
    node.configurations.add(index, *sets);
  }
  if (is_forgotten(index)) return;
  Place& known = place(index);
  if (known.entry.term == Term{}) {
    known.entry = entry;
  } else if (const Entry* const same = known.find(entry.term); same == nullptr) {
    known.others.push_back(entry);
  } else if (same->digest != entry.digest || same->previous_term != entry.previous_term) {
    broken("Log Matching", "Figure 3, §5.3",
           fmt::format("{} has an entry of index {} and term {} that differs from another log's, "
                       "or follows a different one",
                       to_string(node.id), claim.index, claim.term));
  }
}

void RaftMonitor::claims(Watched& node, const transport::Truncated& claim) {
  const Index index{claim.index};
  if (node.leads != Term{}) {
    return broken("Leader Append-Only", "Figure 3, §5.3",
                  fmt::format("{} leads term {} and removed its entries from index {} on",
                              to_string(node.id), number(node.leads), claim.index));
  }
  const bool removes = index <= node.log.last();
  if (!removes) return;
  bool was_committed = index <= std::max(node.commit, node.log.base());
  if (!was_committed && !is_forgotten(index)) {
    // A leader of an earlier term may still remove what later ones committed.
    const Place& known = place(index);
    was_committed = known.committed != Term{} && known.committed == node.log.at(index) &&
                    known.committed_in <= node.heard;
  }
  if (was_committed) {
    return broken("Committed Entries Stay", "§5.4",
                  fmt::format("{} removed its entries from index {} on, which was committed",
                              to_string(node.id), claim.index));
  }
  node.log.truncate(index);
  node.configurations.truncate(index);
}

void RaftMonitor::claims(Watched& node, const transport::Committed& claim) {
  const Index index{claim.index};
  const Term term{claim.term};
  if (index < node.commit) {
    return broken("Commit Index Only Grows", "Figure 2",
                  fmt::format("{} committed index {} after {}", to_string(node.id), claim.index,
                              number(node.commit)));
  }
  if (node.log.at(index) != term) {
    return broken("Committed Entries Are Stored", "§5.3",
                  fmt::format("{} committed index {} of term {}, which its log does not hold",
                              to_string(node.id), claim.index, claim.term));
  }
  node.commit = index;
  if (node.leads != Term{}) leader_commits(node, index, term);
  if (is_forgotten(index) || violation_ || index <= node.unproven) return;
  if (index > committed_) {
    return broken("Leaders Commit First", "§5.3",
                  fmt::format("{} committed index {}, which no leader had committed",
                              to_string(node.id), claim.index));
  }
  if (place(index).committed != term) {
    broken(
        "State Machine Safety", "Figure 3, §5.4.3",
        fmt::format("{} committed an entry of term {} at index {}, where one of term {} was "
                    "committed",
                    to_string(node.id), claim.term, claim.index, number(place(index).committed)));
  }
}

void RaftMonitor::leader_commits(Watched& leader, Index index, Term term) {
  uses_latest(leader);
  if (term != leader.leads) {
    return broken(
        "Commit By Counting Own Term", "§5.4.2, Figure 8",
        fmt::format("{}, leader of term {}, committed up to an entry of term {} at "
                    "index {}",
                    to_string(leader.id), number(leader.leads), number(term), number(index)));
  }
  std::uint64_t copies = 0;
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    if (leader.acknowledged[at] >= index) copies |= raft::bit_of(nodes_[at].id);
  }
  const auto& [since, sets] = leader.configurations.latest();
  if (sets.has_quorum(copies)) return commit_up_to(leader, index);
  // A leader may count its own copy too early, as long as nobody hears of it.
  copies |= raft::bit_of(leader.id);
  if (sets.has_quorum(copies)) {
    leader.unproven = index;
    return;
  }
  broken("Committed By A Quorum", "§5.3, dissertation §4.1",
         fmt::format("{} committed index {} of which it knows copies on {}, which are no quorum of "
                     "{}, its configuration since index {}",
                     to_string(leader.id), number(index), to_string(raft::MemberSets{copies, 0, 0}),
                     to_string(sets), number(since)));
}

// What it wrote before is durable: its own copy counts. The latest entries may still be under way,
// which gives it the benefit of the doubt: nobody is to be accused wrongly.
void RaftMonitor::has_stored(Watched& node) {
  if (node.leads == Term{}) return;
  node.acknowledged[place_of(node)] = node.log.last();
  const Index index = std::exchange(node.unproven, Index{});
  if (index > committed_) commit_up_to(node, index);
}

void RaftMonitor::commit_up_to(const Watched& leader, Index index) {
  const Index before = committed_;
  for (; committed_ < index; committed_ = next(committed_)) {
    Place& known = place(next(committed_));
    known.committed = leader.log.at(next(committed_)).value_or(Term{});
    known.committed_in = leader.leads;
  }
  configurations_.each(before, index, [&](Index at, Term term, const raft::MemberSets& sets) {
    if (place(at).committed == term) committed_configurations_.add(at, sets);
  });
  for (const Watched& other : nodes_) {
    if (other.leads <= leader.leads || index < other.log.base()) continue;
    if (other.log.at(index) == leader.log.at(index)) continue;
    return broken("Leader Completeness", "Figure 3, §5.4",
                  fmt::format("{} leads term {} without the entry at index {}, which {} committed "
                              "in term {}",
                              to_string(other.id), number(other.leads), number(index),
                              to_string(leader.id), number(leader.leads)));
  }
}

void RaftMonitor::claims(Watched& node, const transport::Applied& claim) {
  const Index index{claim.index};
  if (index <= node.applied || index > node.commit) {
    return broken(
        "Applied In Order Once Committed", "§5.3",
        fmt::format("{} applied index {} after {}, having committed up to {}", to_string(node.id),
                    claim.index, number(node.applied), number(node.commit)));
  }
  node.applied = index;
  if (is_forgotten(index) || index > committed_) return;
  applied_ = std::max(applied_, index);
  Place& known = place(index);
  const bool differs = known.is_applied && (known.command_digest != claim.command_digest ||
                                            known.result_digest != claim.result_digest);
  const Entry* const entry = known.find(known.committed);
  const bool is_committed = entry != nullptr && entry->digest == claim.command_digest;
  if (differs || !is_committed) {
    return broken("State Machine Safety", "Figure 3, §5.4.3",
                  fmt::format("{} applied at index {} another command than was committed there, "
                              "or with another result than another node",
                              to_string(node.id), claim.index));
  }
  known.is_applied = true;
  known.command_digest = claim.command_digest;
  known.result_digest = claim.result_digest;
}

void RaftMonitor::claims(Watched& node, const transport::Installed& claim) {
  const Index index{claim.index};
  const Term term{claim.term};
  if (index < node.commit) {
    return broken("Commit Index Only Grows", "§7",
                  fmt::format("{} installed a snapshot up to {} after it had committed {}",
                              to_string(node.id), claim.index, number(node.commit)));
  }
  if (!agree_on_state(node, index, term, claim.state_digest)) return;
  if (index >= node.log.base() && node.log.at(index) == term) {
    node.log.compact(index);
    node.configurations.compact(index);
  } else {
    node.log.reset(index, term);
    node.configurations.reset(index, committed_configurations_.at(index).sets);
  }
  node.commit = node.applied = index;
  forget_compacted();
}

void RaftMonitor::claims(Watched& node, const transport::Compacted& claim) {
  const Index index{claim.index};
  const Term term{claim.term};
  const bool boots = node.log.last() == Index{};
  if (!boots && index > node.commit) {
    return broken("Only Committed State Is Compacted", "§7",
                  fmt::format("{} compacted up to {}, but had committed only {}",
                              to_string(node.id), claim.index, number(node.commit)));
  }
  if (!agree_on_state(node, index, term, claim.state_digest)) return;
  if (boots) {
    node.log.reset(index, term);
    node.configurations.reset(index, committed_configurations_.at(index).sets);
    node.commit = node.applied = index;
  } else if (index > node.log.base()) {
    node.log.compact(index);
    node.configurations.compact(index);
  }
  forget_compacted();
}

bool RaftMonitor::agree_on_state(const Watched& node, Index index, Term term,
                                 std::uint64_t digest) {
  if (is_forgotten(index) || index <= node.unproven) return true;
  const bool committed = index <= committed_ && place(index).committed == term;
  if (!committed) {
    broken("Only Committed State Is Compacted", "§7",
           fmt::format("{} has a snapshot up to index {} and term {}, which no leader committed",
                       to_string(node.id), number(index), number(term)));
    return false;
  }
  Place& known = place(index);
  if (known.has_state && known.state_digest != digest) {
    broken("Snapshots Agree", "§7",
           fmt::format("{} has another state at index {} than another node", to_string(node.id),
                       number(index)));
    return false;
  }
  known.has_state = true;
  known.state_digest = digest;
  return true;
}

}  // namespace lockstep::consensus
