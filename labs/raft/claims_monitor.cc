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

bool is_about_the_log(const transport::Claim& claim) {
  return std::holds_alternative<transport::Appended>(claim) ||
         std::holds_alternative<transport::Installed>(claim) ||
         std::holds_alternative<transport::Compacted>(claim);
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

/// A node that told of its log in an earlier life, and leads without having told of it again.
void ClaimsMonitor::note(const Witness& witness) {
  const std::size_t place = number(witness.node);
  if (place >= tells_.size()) tells_.resize(place + 1, Tells::Nothing);
  Tells& tells = tells_[place];
  if (witness.kind == Witness::Kind::Started && tells == Tells::Now) tells = Tells::Once;
  if (witness.kind != Witness::Kind::Observed) return;
  if (is_about_the_log(*witness.claim)) tells = Tells::Now;
  if (std::holds_alternative<transport::Leads>(*witness.claim)) is_mute_ = tells == Tells::Once;
}

}  // namespace lockstep::labs
