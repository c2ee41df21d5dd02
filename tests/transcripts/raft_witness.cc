#include "tests/transcripts/raft_witness.h"

#include <algorithm>
#include <utility>

#include "consensus/raft/raft.messages.h"
#include "consensus/raft/reached.h"
#include "statemachine/kv.h"
#include "tests/transcripts/raft_message_text.h"

namespace lockstep::tests {

using consensus::RaftReach;
using transport::NodeId;
using transport::Witness;

namespace {

std::string time_text(transport::Time at) {
  const auto tenths = at.time_since_epoch().count() / 100'000;
  const std::string text = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
  return std::string(text.size() < 11 ? 11 - text.size() : 0, ' ') + text + "  ";
}

std::string nodes_text(std::uint64_t bits) {
  std::string text;
  for (std::uint32_t node = 1; node < 64; ++node) {
    if ((bits >> node & 1) != 0) text += (text.empty() ? "" : " ") + to_string(NodeId{node});
  }
  return text;
}

std::string field_of(const transport::Fields& fields, std::string_view wanted) {
  for (const auto& [name, value] : fields.values()) {
    if (name == wanted) return value;
  }
  return {};
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

}  // namespace

RaftWitness::RaftWitness() : history_(*statemachine::find_machine("kv")) {}

// What happens again and again, with nothing in between, is told once.
void RaftWitness::tell(const std::string& text) {
  if (quiet_) return;
  if (text == latest_) {
    ++repeated_;
    latest_at_ = at_;
    return;
  }
  tell_repeated();
  latest_ = text;
  text_ += time_text(at_) + text + "\n";
}

void RaftWitness::tell_repeated() {
  if (repeated_ > 0) {
    text_ += time_text(latest_at_) + "  the same, the last of " + std::to_string(repeated_) +
             (repeated_ == 1 ? " more time\n" : " more times\n");
  }
  repeated_ = 0;
  latest_.clear();
}

void RaftWitness::note(transport::Time at, std::string_view text) {
  flush();
  at_ = at;
  tell("-- " + std::string(text));
}

void RaftWitness::set_quiet(bool quiet) {
  flush();
  quiet_ = quiet;
}

const std::string& RaftWitness::text() {
  flush();
  tell_repeated();
  return text_;
}

// Entries that a server appends in one handler are one line.
void RaftWitness::flush() {
  if (appended_.empty()) return;
  const auto terms = std::exchange(appended_, {});
  const bool same_term = terms.front() == terms.back();
  const std::uint64_t last = appended_first_ + terms.size() - 1;
  std::string text = to_string(appending_) + " appends " + std::to_string(appended_first_);
  if (terms.size() > 1) text += " to " + std::to_string(last);
  text += same_term ? " of term " : " of terms";
  if (same_term) {
    text += std::to_string(terms.front());
  } else {
    for (const std::uint64_t term : terms) text += " " + std::to_string(term);
  }
  tell(text);
}

void RaftWitness::see(const Witness& witness) {
  if (witness.kind == Witness::Kind::Stored) return;
  const bool appends = witness.kind == Witness::Kind::Observed && witness.node == appending_ &&
                       std::holds_alternative<transport::Appended>(*witness.claim);
  if (!appends) flush();
  at_ = witness.at;
  if (witness.kind != Witness::Kind::Observed || witness.node != booting_) booting_ = NodeId{};
  switch (witness.kind) {
    case Witness::Kind::Started:
      booting_ = witness.node;
      logs_[witness.node] = {};
      if (witness.start.kind == transport::Start::Kind::Restart) {
        tell(to_string(witness.node) + " starts again");
      } else if (witness.start.kind == transport::Start::Kind::Join) {
        tell(to_string(witness.node) + " starts, with an empty disk and outside the group");
      }
      return;
    case Witness::Kind::Crashed:
      return tell(to_string(witness.node) + " crashes");
    case Witness::Kind::Sent:
      return sent(witness);
    case Witness::Kind::Dropped:
      if (shown_.contains(witness.payload->name()) && witness.peer != witness.node) {
        tell("  " + message_text(witness) + " is lost");
      }
      return;
    case Witness::Kind::Requested:
      return requested(witness);
    case Witness::Kind::Replied:
      return replied(witness);
    case Witness::Kind::Observed:
      return std::visit([&](const auto& claim) { claims(witness.node, claim); }, *witness.claim);
    default:
      return;
  }
}

void RaftWitness::sent(const Witness& witness) {
  if (witness.peer == witness.node) return;
  const auto* message = witness.message_as<consensus::raft::Message>();
  if (message == nullptr) return;
  if (message->has_request_vote()) {
    const std::string text = candidacy_text(witness.node, message->request_vote());
    if (!candidacies_.insert(text).second) return;
    if (!message->request_vote().pre_vote()) ++elections_;
    return tell(text);
  }
  if (message->has_vote_reply()) return tell(vote_text(witness, message->vote_reply()));
  if (shown_.contains(witness.payload->name())) tell("  " + message_text(witness));
}

void RaftWitness::requested(const Witness& witness) {
  const auto* request = witness.message_as<transport::Request>();
  if (request == nullptr) return;
  Asked asked{request->command(), request_text(*request), 0};
  tell(to_string(witness.client) + " asks " + to_string(witness.node) + ": " + asked.text);
  if (request->has_command()) {
    const auto at = witness.at.time_since_epoch().count();
    asked.operation = history_.invoke(number(witness.client), request->command(), at);
  }
  asked_[number(witness.client)] = std::move(asked);
}

void RaftWitness::replied(const Witness& witness) {
  const auto* reply = witness.message_as<transport::Reply>();
  const auto found = asked_.find(number(witness.client));
  if (reply == nullptr || found == asked_.end()) return;
  const Asked asked = std::move(found->second);
  asked_.erase(found);
  tell(to_string(witness.node) + " answers " + to_string(witness.client) + ": " +
       reply_text(*reply, asked.command));
  if (asked.command.empty()) return;
  if (reply->status() == transport::Reply::OK) {
    history_.complete(asked.operation, reply->result(), witness.at.time_since_epoch().count());
  } else {
    history_.fail(asked.operation);
  }
}

void RaftWitness::claims(NodeId node, const transport::Leads& claim) {
  tell(to_string(node) + " leads term " + std::to_string(claim.term));
}

void RaftWitness::claims(NodeId node, const transport::Follows& claim) {
  tell(to_string(node) + " steps down; it knows of term " + std::to_string(claim.term));
}

void RaftWitness::claims(NodeId node, const transport::Committed& claim) {
  if (node != booting_) tell(to_string(node) + " commits up to " + std::to_string(claim.index));
}

void RaftWitness::claims(NodeId, const transport::Applied&) {}

void RaftWitness::claims(NodeId node, const transport::Appended& claim) {
  logs_[node].terms.push_back(claim.term);
  if (node == booting_) return;
  if (appended_.empty()) appended_first_ = claim.index;
  appending_ = node;
  appended_.push_back(claim.term);
}

void RaftWitness::claims(NodeId node, const transport::Truncated& claim) {
  Log& log = logs_[node];
  tell(to_string(node) + " removes " + std::to_string(claim.index) + " to " +
       std::to_string(log.last()));
  log.terms.resize(claim.index - log.base - 1);
}

void RaftWitness::claims(NodeId node, const transport::Installed& claim) {
  tell(to_string(node) + " installs a snapshot up to " + std::to_string(claim.index));
  Log& log = logs_[node];
  const bool agrees = claim.index > log.base && claim.index <= log.last() &&
                      log.terms[claim.index - log.base - 1] == claim.term;
  const auto covered = static_cast<std::ptrdiff_t>(claim.index - log.base);
  log.terms.erase(log.terms.begin(), agrees ? log.terms.begin() + covered : log.terms.end());
  log.base = claim.index;
}

void RaftWitness::claims(NodeId node, const transport::Compacted& claim) {
  if (node != booting_) {
    tell(to_string(node) + " replaces its log up to " + std::to_string(claim.index) +
         " by a snapshot");
  }
  Log& log = logs_[node];
  const std::uint64_t covered = std::min<std::uint64_t>(claim.index - log.base, log.terms.size());
  log.terms.erase(log.terms.begin(), log.terms.begin() + static_cast<std::ptrdiff_t>(covered));
  log.base = claim.index;
}

void RaftWitness::claims(NodeId node, const transport::Reached& claim) {
  switch (static_cast<RaftReach>(claim.kind)) {
    case RaftReach::PreVoteLost:
      return tell(to_string(node) + " did not get enough pre-votes");
    case RaftReach::CheckQuorum:
      return tell(to_string(node) + " has heard from no quorum");
    case RaftReach::SnapshotResumed:
      return tell(to_string(node) + " goes on with the snapshot where it stopped");
    default:
      return;
  }
}

void RaftWitness::claims(NodeId node, const transport::Configured& claim) {
  auto& known = configurations_[node];
  const std::array<std::uint64_t, 3> now{claim.voters, claim.outgoing, claim.learners};
  const bool is_new = std::exchange(known, now) != now;
  if (node == booting_ || !is_new) return;
  changed_configuration_ = true;
  flush();
  std::string text = to_string(node) + " uses the configuration {";
  if (claim.outgoing != 0) text += nodes_text(claim.outgoing) + "} and {";
  text += nodes_text(claim.voters) + "}";
  if (claim.learners != 0) text += " learning {" + nodes_text(claim.learners) + "}";
  tell(text);
}

void RaftWitness::claims(NodeId node, const transport::Served& claim) {
  tell(to_string(node) + " serves c" + std::to_string(claim.client) + " " +
       level_text(claim.level) + ", from the state after " + std::to_string(claim.index));
}

void RaftWitness::table(const transport::Cluster& cluster, std::string_view caption) {
  flush();
  if (quiet_) return;
  tell_repeated();
  std::uint64_t last = 0;
  std::uint64_t first = ~0ull;
  for (const auto& [node, log] : logs_) {
    last = std::max(last, log.last());
    first = std::min(first, log.base + 1);
  }
  last = std::max(last, first);
  const std::size_t width = std::to_string(last).size() + 1;
  const bool is_apart = text_.empty() || text_.ends_with("\n\n");
  text_ += (is_apart ? "  " : "\n  ") + std::string(caption) + "\n";
  std::string head = "  " + padded("", 17);
  for (std::uint64_t index = first; index <= last; ++index) {
    head += right(std::to_string(index), width);
  }
  text_ += head + "\n";
  for (const auto& [node, log] : logs_) text_ += row(cluster, node, width, first, last);
  text_ += "\n";
}

std::string RaftWitness::row(const transport::Cluster& cluster, NodeId node, std::size_t width,
                             std::uint64_t first, std::uint64_t last) const {
  const Log& log = logs_.at(node);
  const bool is_up = cluster.is_up(node);
  const auto fields = cluster.describe(node);
  std::string line =
      "  " + padded(to_string(node) + " " + (is_up ? field_of(fields, "role") : "down"), 17);
  for (std::uint64_t index = first; index <= last; ++index) {
    const std::string cell = index <= log.base    ? "s"
                             : index > log.last() ? ""
                                                  : std::to_string(log.terms[index - log.base - 1]);
    line += right(cell, width);
  }
  if (is_up) {
    line += "   term " + field_of(fields, "term") + ", commit " + field_of(fields, "commit");
    if (changed_configuration_) line += ", {" + field_of(fields, "configuration") + "}";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace lockstep::tests
