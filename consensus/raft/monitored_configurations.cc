#include "consensus/raft/monitored_configurations.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "consensus/raft/raft.pb.h"

namespace lockstep::consensus::raft {
namespace {

bool has_majority(std::uint64_t of, std::uint64_t agreeing) {
  return 2 * std::popcount(of & agreeing) > std::popcount(of);
}

std::uint64_t bits_in(const google::protobuf::RepeatedField<std::uint32_t>& nodes) {
  std::uint64_t bits = 0;
  for (const std::uint32_t node : nodes) bits |= bit_of(transport::NodeId{node});
  return bits;
}

std::string listed(std::uint64_t bits) {
  std::string list;
  for (; bits != 0; bits &= bits - 1) {
    list += fmt::format("{}n{}", list.empty() ? "" : " ", std::countr_zero(bits));
  }
  return "{" + list + "}";
}

void fold(statemachine::Fold& digest, const MemberSets& sets) {
  digest(sets.voters);
  digest(sets.outgoing);
  digest(sets.learners);
}

}  // namespace

bool MemberSets::has_quorum(std::uint64_t agreeing) const {
  return has_majority(voters, agreeing) && (!is_joint() || has_majority(outgoing, agreeing));
}

MemberSets sets_in(const Members& message) {
  return {bits_in(message.voters()), bits_in(message.outgoing()), bits_in(message.learners())};
}

std::string to_string(const MemberSets& sets) {
  std::string text = listed(sets.voters);
  if (sets.is_joint()) text = listed(sets.outgoing) + " -> " + text;
  if (sets.learners != 0) text += ", learning " + listed(sets.learners);
  return text;
}

bool overlap(const MemberSets& from, const MemberSets& to) {
  if (from.voters == to.voters && from.outgoing == to.outgoing) return true;
  const auto is_side = [](std::uint64_t voters, const MemberSets& joint) {
    return voters == joint.voters || voters == joint.outgoing;
  };
  if (from.is_joint()) return !to.is_joint() && is_side(to.voters, from);
  if (to.is_joint()) return is_side(from.voters, to);
  return std::popcount(from.voters ^ to.voters) <= 1;
}

const InForce::Since& InForce::at(Index index) const {
  auto entry = entries_.rbegin();
  while (entry->index > index && std::next(entry) != entries_.rend()) ++entry;
  return *entry;
}

void InForce::add(Index index, MemberSets sets) {
  const auto place = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Since& since) { return since.index >= index; });
  if (place != entries_.end() && place->index == index) return;
  entries_.insert(place, {index, sets});
}

void InForce::replace(Index index, MemberSets sets) {
  std::erase_if(entries_, [&](const Since& since) { return since.index == index; });
  add(index, sets);
}

void InForce::truncate(Index index) {
  while (entries_.size() > 1 && entries_.back().index >= index) entries_.pop_back();
}

void InForce::compact(Index index) {
  while (entries_.size() > 1 && entries_[1].index <= index) entries_.erase(entries_.begin());
}

void InForce::fold_into(statemachine::Fold& digest) const {
  digest(entries_.size());
  for (const Since& since : entries_) {
    digest(number(since.index));
    fold(digest, since.sets);
  }
}

const MemberSets* ConfigurationEntries::find(Index index, Term term) const {
  // Nearly every entry is newer than the latest configuration.
  if (entries_.empty() || entries_.back().index < index) return nullptr;
  const auto entry =
      std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& known) {
        return std::tie(known.index, known.term) < std::tie(index, term);
      });
  const bool found = entry != entries_.end() && entry->index == index && entry->term == term;
  return found ? &entry->sets : nullptr;
}

void ConfigurationEntries::add(Index index, Term term, MemberSets sets) {
  const auto after =
      std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& known) {
        return std::tie(known.index, known.term) < std::tie(index, term);
      });
  entries_.insert(after, {index, term, sets});
}

void ConfigurationEntries::forget(Index index) {
  std::erase_if(entries_, [&](const Entry& known) { return known.index < index; });
}

void ConfigurationEntries::fold_into(statemachine::Fold& digest) const {
  digest(entries_.size());
  for (const Entry& entry : entries_) {
    digest(number(entry.index));
    digest(number(entry.term));
    fold(digest, entry.sets);
  }
}

}  // namespace lockstep::consensus::raft
