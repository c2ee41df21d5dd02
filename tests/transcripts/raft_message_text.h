// Raft's messages, and what clients say and hear, as a transcript puts them.
#pragma once

#include <cstdint>
#include <string>

#include "consensus/raft/raft.messages.h"
#include "transport/request.messages.h"
#include "transport/witness.h"

namespace lockstep::tests {

/// "n1 -> n2 TimeoutNow, term 3". Requires: the payload is a message of Raft.
std::string message_text(const transport::Witness& witness);

/// "n1 stands for election in term 2; its log ends at 4 (term 1)".
std::string candidacy_text(transport::NodeId candidate,
                           const consensus::raft::RequestVote& request);

/// "n2 votes for n1 in term 2".
std::string vote_text(const transport::Witness& witness, const consensus::raft::VoteReply& reply);

/// What a client asks for.
std::string request_text(const transport::Request& request);

/// What it hears; `command` is empty if it asked for a change of the group.
std::string reply_text(const transport::Reply& reply, const std::string& command);

/// How a read was answered.
std::string level_text(std::uint32_t level);

}  // namespace lockstep::tests
