#include "consensus/paxos/roles.h"

namespace lockstep::consensus::paxos {

// P1a: only a ballot above all that it answered is promised.
bool Acceptor::promise(Ballot ballot) {
  if (ballot <= promised) return false;
  promised = ballot;
  return true;
}

// P1a again: anything that no promise forbids is accepted.
bool Acceptor::accept(Ballot ballot, std::string_view proposed) {
  if (ballot < promised) return false;
  promised = accepted = ballot;
  value = proposed;
  return true;
}

void Proposer::begin(Ballot next) {
  ++attempts;
  phase = Phase::Preparing;
  ballot = seen = next;
  voters.clear();
  highest = {};
  value = own_value;
}

// P2c: the value that was accepted in the highest ballot has to be proposed again, since it may be
// chosen already.
void Proposer::promised(NodeId acceptor, Ballot accepted, std::string_view reported) {
  voters.add(acceptor);
  if (accepted <= highest) return;
  highest = accepted;
  value = reported;
}

}  // namespace lockstep::consensus::paxos
