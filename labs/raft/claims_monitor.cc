#include "labs/raft/claims_monitor.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "consensus/raft/raft.messages.h"

namespace lockstep::labs {

using consensus::raft::Message;
using transport::Witness;

namespace {

/// Rules that a correct node seems to break when it makes some claims and not others.
constexpr std::array<std::string_view, 5> kOfClaims{
    "Logs Grow At Their End", "Acknowledged Entries Are Stored", "Committed Entries Are Stored",
    "Applied In Order Once Committed", "Only Committed State Is Compacted"};

/// Messages of which a rule asks more than the lab does.
bool says_nothing(const Witness& witness) {
  const auto* message = witness.message_as<Message>();
  if (witness.kind != Witness::Kind::Sent || message == nullptr) return false;
  return (message->has_install_snapshot() && !message->install_snapshot().has_members()) ||
         (message->has_read_index_reply() && message->read_index_reply().index() == 0);
}

}  // namespace

void ClaimsMonitor::see(const Witness& witness) {
  if (is_mute_ || violation_) return;
  note(witness);
  if (is_mute_ || says_nothing(witness)) return;
  judge_.see(witness);
  const auto& found = judge_.violation();
  if (!found) return;
  is_mute_ = std::find(kOfClaims.begin(), kOfClaims.end(), found->rule) != kOfClaims.end();
  if (!is_mute_) violation_ = found;
}

void ClaimsMonitor::note(const Witness& witness) {
  const std::size_t place = number(witness.node);
  if (place >= reaches_.size()) reaches_.resize(place + 1);
  Reach& reach = reaches_[place];
  if (witness.kind == Witness::Kind::Started) reach.told = 0;
  if (witness.kind == Witness::Kind::Sent) note_sent(witness, reach);
  if (witness.kind == Witness::Kind::Observed) note_claim(*witness.claim, reach);
}

void ClaimsMonitor::note_sent(const Witness& witness, Reach& reach) {
  const auto* message = witness.message_as<Message>();
  if (message == nullptr) return;
  const auto& append = message->append_entries();
  const auto entries = static_cast<std::uint64_t>(append.entries_size());
  reach.shown =
      std::max({reach.shown, append.prev_index() + entries, message->append_reply().match_index(),
                message->install_snapshot().last_index()});
}

/// Who leads with a log that is shorter than what it has shown of it has not told all of it.
void ClaimsMonitor::note_claim(const transport::Claim& claim, Reach& reach) {
  if (const auto* appended = std::get_if<transport::Appended>(&claim)) {
    reach.told = appended->index;
  } else if (const auto* installed = std::get_if<transport::Installed>(&claim)) {
    reach.told = std::max(reach.told, installed->index);
  } else if (const auto* compacted = std::get_if<transport::Compacted>(&claim)) {
    reach.told = std::max(reach.told, compacted->index);
  } else if (const auto* truncated = std::get_if<transport::Truncated>(&claim)) {
    reach.told = std::min(reach.told, truncated->index - 1);
    reach.shown = std::min(reach.shown, truncated->index - 1);
  } else if (std::holds_alternative<transport::Leads>(claim)) {
    is_mute_ = reach.told < reach.shown;
  }
}

}  // namespace lockstep::labs
