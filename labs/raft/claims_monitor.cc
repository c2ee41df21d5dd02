#include "labs/raft/claims_monitor.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "consensus/raft/raft.messages.h"
#include "statemachine/fold.h"

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

/// Everything but what is said or claimed of logs.
bool is_about_elections(const Witness& witness) {
  const auto* message = witness.message_as<Message>();
  if (message == nullptr) return witness.kind != Witness::Kind::Requested;
  const bool acknowledges = message->append_reply().success() ||
                            message->snapshot_reply().installed() ||
                            message->has_read_index_reply();
  return !acknowledges && !message->has_install_snapshot();
}

/// An operator asks for another group.
bool asks_for_members(const Witness& witness) {
  const auto* request = witness.message_as<transport::Request>();
  if (witness.kind != Witness::Kind::Requested || request == nullptr) return false;
  return request->has_admin() && !request->admin().has_transfer() &&
         !request->admin().has_snapshot();
}

}  // namespace

void ClaimsMonitor::see(const Witness& witness) {
  if (violation_) return;
  if (!is_mute_) judge(witness);
  if (!violation_) judge_without_claims(witness);
}

void ClaimsMonitor::judge(const Witness& witness) {
  note(witness);
  if (is_mute_ || says_nothing(witness)) return;
  judge_.see(witness);
  const auto& found = judge_.violation();
  if (!found) return;
  is_mute_ = std::find(kOfClaims.begin(), kOfClaims.end(), found->rule) != kOfClaims.end();
  if (!is_mute_) violation_ = found;
}

void ClaimsMonitor::judge_without_claims(const Witness& witness) {
  if (asks_for_members(witness)) elections_.lose_sight_of_members();
  if (witness.kind == Witness::Kind::Observed) {
    const auto* applied = std::get_if<transport::Applied>(witness.claim);
    if (applied != nullptr) applies(witness, *applied);
    return;
  }
  if (!is_about_elections(witness)) return;
  elections_.see(witness);
  if (elections_.violation()) violation_ = elections_.violation();
}

void ClaimsMonitor::applies(const Witness& witness, const transport::Applied& claim) {
  const auto [at, is_first] =
      steps_.try_emplace(claim.index, Step{claim.command_digest, claim.result_digest});
  const Step& known = at->second;
  const bool differs =
      known.command_digest != claim.command_digest || known.result_digest != claim.result_digest;
  if (is_first || !differs) return;
  violation_ = transport::Violation{
      "State Machine Safety", "Figure 3, §5.4.3",
      fmt::format("{} applied at index {} another command than another node, or with another "
                  "result",
                  to_string(witness.node), claim.index),
      witness.event, witness.at};
}

std::uint64_t ClaimsMonitor::digest() const {
  statemachine::Fold digest;
  digest(judge_.digest());
  digest(elections_.digest());
  digest(is_mute_ ? 1 : 0);
  for (const Reach& reach : reaches_) {
    digest(reach.told);
    digest(reach.shown);
  }
  for (const auto& [index, step] : steps_) {
    digest(index);
    digest(step.command_digest);
    digest(step.result_digest);
  }
  return digest.digest();
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
