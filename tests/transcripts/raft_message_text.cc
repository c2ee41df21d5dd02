#include "tests/transcripts/raft_message_text.h"

#include "statemachine/kv.h"

namespace lockstep::tests {

namespace raft = consensus::raft;
using transport::Admin;
using transport::NodeId;
using transport::Reply;
using transport::Request;

namespace {

std::string text_of(std::uint64_t value) { return std::to_string(value); }

std::string body_text(const raft::AppendEntries& append) {
  if (append.entries().empty()) return ", heartbeat after " + text_of(append.prev_index());
  std::string terms;
  for (const auto& entry : append.entries()) terms += " " + text_of(entry.term());
  return ", after " + text_of(append.prev_index()) + " (term " + text_of(append.prev_term()) +
         ") " + (append.entries_size() == 1 ? "an entry of term" : "entries of terms") + terms;
}

std::string body_text(const raft::AppendReply& reply) {
  if (reply.success()) return ", equal up to " + text_of(reply.match_index());
  std::string text = ", no match at " + text_of(reply.prev_index()) + "; ";
  if (reply.conflict_term() == 0) {
    return text + "the log ends before " + text_of(reply.conflict_index());
  }
  return text + "term " + text_of(reply.conflict_term()) + " begins at " +
         text_of(reply.conflict_index());
}

std::string body_text(const raft::InstallSnapshot& chunk) {
  return ", up to " + text_of(chunk.last_index()) + ", bytes " + text_of(chunk.offset()) + " to " +
         text_of(chunk.offset() + chunk.data().size()) + " of " + text_of(chunk.size());
}

std::string body_text(const raft::SnapshotReply& reply) {
  if (reply.installed()) return ", has all up to " + text_of(reply.last_index());
  return ", has " + text_of(reply.next_offset()) + " bytes";
}

std::string body_text(const raft::Message& message) {
  if (message.has_append_entries()) return body_text(message.append_entries());
  if (message.has_append_reply()) return body_text(message.append_reply());
  if (message.has_install_snapshot()) return body_text(message.install_snapshot());
  if (message.has_snapshot_reply()) return body_text(message.snapshot_reply());
  if (message.has_read_index_reply()) {
    return ", index " + text_of(message.read_index_reply().index());
  }
  if (message.has_timeout_now()) return ", term " + text_of(message.timeout_now().term());
  return "";
}

std::string admin_text(const Admin& admin) {
  const auto node = [](std::uint32_t id) { return to_string(NodeId{id}); };
  if (admin.has_add()) return "add " + node(admin.add());
  if (admin.has_remove()) return "remove " + node(admin.remove());
  if (admin.has_learner()) return "let " + node(admin.learner()) + " learn";
  if (admin.has_transfer()) return "hand over to " + node(admin.transfer());
  if (admin.has_snapshot()) return "take a snapshot";
  std::string text = "change the members to {";
  for (int at = 0; at < admin.members().node_size(); ++at) {
    text += (at == 0 ? "" : " ") + node(admin.members().node(at));
  }
  return text + "}";
}

}  // namespace

std::string message_text(const transport::Witness& witness) {
  const auto* message = witness.message_as<raft::Message>();
  return to_string(witness.node) + " -> " + to_string(witness.peer) + " " +
         std::string(witness.payload->name()) + (message == nullptr ? "" : body_text(*message));
}

std::string candidacy_text(NodeId candidate, const raft::RequestVote& request) {
  const std::string log = "; its log ends at " + text_of(request.last_index()) + " (term " +
                          text_of(request.last_term()) + ")";
  if (request.pre_vote()) {
    return to_string(candidate) + " asks for pre-votes in term " + text_of(request.term()) + log;
  }
  return to_string(candidate) + " stands for election in term " + text_of(request.term()) + log;
}

std::string vote_text(const transport::Witness& witness, const raft::VoteReply& reply) {
  const std::string voter = to_string(witness.node);
  const std::string candidate = to_string(witness.peer);
  const std::string vote = reply.pre_vote() ? "pre-vote" : "vote";
  if (!reply.granted()) {
    return voter + " refuses " + candidate + " its " + vote + "; its own term is " +
           text_of(reply.term());
  }
  return voter + " gives " + candidate + " its " + vote + " in term " + text_of(reply.term());
}

std::string request_text(const Request& request) {
  if (request.has_admin()) return admin_text(request.admin());
  std::string text = statemachine::kv::describe(request.command(), nullptr);
  raft::ReadOptions options;
  if (!request.options().empty() && options.ParseFromString(request.options())) {
    text += ", " + level_text(static_cast<std::uint32_t>(options.level()));
  }
  return text;
}

std::string reply_text(const Reply& reply, const std::string& command) {
  switch (reply.status()) {
    case Reply::REDIRECT:
      return "ask " + to_string(NodeId{reply.redirect()});
    case Reply::UNAVAILABLE:
      return "not now";
    case Reply::REJECTED:
      return "never: " + reply.result();
    default:
      return command.empty() ? "done" : statemachine::kv::describe(command, &reply.result());
  }
}

std::string level_text(std::uint32_t level) {
  switch (level) {
    case raft::ReadOptions::LOG:
      return "through the log";
    case raft::ReadOptions::READ_INDEX:
      return "by read index";
    case raft::ReadOptions::LEASE:
      return "by lease";
    case raft::ReadOptions::FOLLOWER:
      return "by a follower's read index";
    case raft::ReadOptions::LOCAL:
      return "locally";
    default:
      return "in some way";
  }
}

}  // namespace lockstep::tests
