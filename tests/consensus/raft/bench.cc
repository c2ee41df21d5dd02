#include "tests/consensus/raft/bench.h"

namespace lockstep::consensus::tests {

Raft::Options counter_options() {
  Raft::Options options;
  options.machine = statemachine::with_sessions(&statemachine::counter::make);
  options.pre_vote = options.check_quorum = options.leader_stickiness = false;
  return options;
}

Raft::Options careful_options() {
  Raft::Options options = counter_options();
  options.pre_vote = options.check_quorum = options.leader_stickiness = true;
  return options;
}

raft::RequestVote request_vote(std::uint64_t term, std::uint64_t last_index,
                               std::uint64_t last_term) {
  raft::RequestVote request;
  request.set_term(term);
  request.set_last_index(last_index);
  request.set_last_term(last_term);
  return request;
}

raft::VoteReply vote(std::uint64_t term, bool granted) {
  raft::VoteReply reply;
  reply.set_term(term);
  reply.set_granted(granted);
  return reply;
}

raft::AppendEntries entries(std::uint64_t term, std::uint64_t prev_index, std::uint64_t prev_term,
                            const std::vector<std::uint64_t>& terms, std::uint64_t commit) {
  raft::AppendEntries message;
  message.set_term(term);
  message.set_prev_index(prev_index);
  message.set_prev_term(prev_term);
  message.set_commit(commit);
  std::uint64_t index = prev_index;
  for (const std::uint64_t entry_term : terms) {
    raft::Entry& entry = *message.add_entries();
    entry.set_term(entry_term);
    entry.set_command(statemachine::encode_session_command(entry_term, ++index, 0,
                                                           statemachine::counter::add(1)));
  }
  return message;
}

raft::AppendReply accepted(std::uint64_t term, std::uint64_t match, std::uint64_t round) {
  raft::AppendReply reply;
  reply.set_term(term);
  reply.set_success(true);
  reply.set_match_index(match);
  reply.set_round(round);
  return reply;
}

void carry(raft::InstallSnapshot& chunk, const std::string& state) {
  chunk.set_size(state.size());
  chunk.set_digest(statemachine::digest_of(state));
  chunk.set_data(state);
}

void Bench::add(std::uint64_t sequence) {
  Request asked;
  asked.set_client(7);
  asked.set_sequence(sequence);
  asked.set_command(statemachine::counter::add(1));
  request(asked);
}

void Bench::lead() {
  fire(Raft::Timer::Election);
  become_durable();
  deliver(kSecond, vote(term()));
}

std::vector<std::uint64_t> Bench::stored_terms() const {
  std::vector<std::uint64_t> terms;
  for (const auto& [key, value] : world.image) {
    raft::Entry entry;
    if (key.starts_with("log/") && entry.ParseFromString(value)) terms.push_back(entry.term());
  }
  return terms;
}

}  // namespace lockstep::consensus::tests
