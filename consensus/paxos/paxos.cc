// The conversation of proposers, acceptors and learners: Paxos Made Simple §2.2 to §2.4.
#include "consensus/paxos/paxos.h"

#include <algorithm>
#include <utility>

#include "statemachine/decisions.h"

namespace lockstep::consensus {
namespace {

namespace decisions = statemachine::decisions;

constexpr std::string_view kAcceptorPrefix = "acceptor/";
constexpr std::uint32_t kDoublings = 5;

/// The range, doubled so many times.
Between doubled(Between range, std::uint32_t times) {
  const auto factor = 1 << std::min(times, kDoublings);
  return {range.low * factor, range.high * factor};
}

}  // namespace

void Paxos::on(Ctx& ctx, Start) {
  quorums_ = paxos::quorums_of(ctx.initial_members().size(), options_.prepare_quorum,
                               options_.accept_quorum);
  const auto& image = ctx.storage().image();
  for (auto at = image.lower_bound(kAcceptorPrefix); at != image.end(); ++at) {
    if (!at->first.starts_with(kAcceptorPrefix)) break;
    paxos::StoredAcceptor record;
    if (!record.ParseFromString(at->second)) continue;
    instance(at->first.substr(kAcceptorPrefix.size())).acceptor = {
        Ballot{record.promised()}, Ballot{record.accepted_ballot()}, record.value()};
  }
}

// A client's value is proposed in the node's own name; who asks meanwhile waits for the same
// choice.
void Paxos::on(Ctx& ctx, const Request& request) {
  const Asker asker = asker_of(request);
  const auto command = decisions::parse_command(request.command());
  if (!command) return answer(ctx, asker, Reply::REJECTED, "this group decides proposals only");
  Instance& instance = this->instance(command->key);
  paxos::Proposer& proposer = instance.proposer;
  // A client that asks again has given up what it asked before.
  std::erase_if(proposer.askers, [&](const Asker& known) { return known.client == asker.client; });
  proposer.askers.push_back(asker);
  if (instance.decided) return learn(ctx, instance, std::string(*instance.decided));
  if (proposer.attempts != 0) return;
  proposer.own_value = command->value;
  begin_ballot(ctx, command->key, instance);
}

// Phase 1a. The node's own promise is on disk before anyone hears of the ballot, so the next life
// does not use it again.
void Paxos::begin_ballot(Ctx& ctx, const std::string& key, Instance& instance) {
  paxos::Proposer& proposer = instance.proposer;
  const Ballot seen = std::max(proposer.seen, instance.acceptor.promised);
  proposer.begin(paxos::above(seen, ctx.self()));
  instance.acceptor.promise(proposer.ballot);
  store(ctx, key, instance);
  paxos::Prepare prepare;
  prepare.set_key(key);
  prepare.set_ballot(number(proposer.ballot));
  ctx.broadcast(ctx.initial_members(), std::move(prepare));
  send_promise(ctx, ctx.self(), key, instance);
  ctx.set_timer(Timer::Retry, options_.retry, instance.number);
}

// Phase 1b.
void Paxos::on(Ctx& ctx, NodeId from, const paxos::Prepare& prepare) {
  Instance& instance = this->instance(prepare.key());
  const Ballot ballot{prepare.ballot()};
  if (!instance.acceptor.promise(ballot)) {
    return refuse(ctx, from, prepare.key(), ballot, instance);
  }
  store(ctx, prepare.key(), instance);
  send_promise(ctx, from, prepare.key(), instance);
}

void Paxos::on(Ctx& ctx, NodeId from, const paxos::Promise& promise) {
  Instance& instance = this->instance(promise.key());
  paxos::Proposer& proposer = instance.proposer;
  // A promise of an earlier ballot may arrive during a later one.
  if (proposer.phase != Phase::Preparing || Ballot{promise.ballot()} != proposer.ballot) return;
  proposer.promised(from, Ballot{promise.accepted_ballot()}, promise.value());
  if (proposer.voters.count() >= quorums_.prepare) ask_to_accept(ctx, promise.key(), instance);
}

// Phase 2a. The others may write while this node writes: should it lose its own vote in a crash,
// nobody counted it.
void Paxos::ask_to_accept(Ctx& ctx, const std::string& key, Instance& instance) {
  paxos::Proposer& proposer = instance.proposer;
  if (proposer.highest != Ballot{}) reached(ctx, PaxosReach::Adopted);
  proposer.phase = Phase::Accepting;
  proposer.voters.clear();
  const auto accept = Ctx::prepare<paxos::Accept>([&](paxos::Accept& message) {
    message.set_key(key);
    message.set_ballot(number(proposer.ballot));
    message.set_value(proposer.value);
  });
  for (const NodeId member : ctx.initial_members()) {
    if (member != ctx.self()) ctx.send_early(member, accept);
  }
  if (!instance.acceptor.accept(proposer.ballot, proposer.value)) return;
  store(ctx, key, instance);
  send_accepted(ctx, ctx.self(), key, instance);
}

// Phase 2b.
void Paxos::on(Ctx& ctx, NodeId from, const paxos::Accept& accept) {
  Instance& instance = this->instance(accept.key());
  const Ballot ballot{accept.ballot()};
  if (!instance.acceptor.accept(ballot, accept.value())) {
    return refuse(ctx, from, accept.key(), ballot, instance);
  }
  store(ctx, accept.key(), instance);
  send_accepted(ctx, from, accept.key(), instance);
}

// §2.3: a value is chosen when a quorum accepted it in the same ballot.
void Paxos::on(Ctx& ctx, NodeId from, const paxos::Accepted& accepted) {
  Instance& instance = this->instance(accepted.key());
  paxos::Proposer& proposer = instance.proposer;
  if (proposer.phase != Phase::Accepting || Ballot{accepted.ballot()} != proposer.ballot) return;
  proposer.voters.add(from);
  if (proposer.voters.count() < quorums_.accept) return;
  reached(ctx, PaxosReach::Decision);
  if (options_.announce) {
    paxos::Decided decided;
    decided.set_key(accepted.key());
    decided.set_value(proposer.value);
    ctx.broadcast(ctx.initial_members(), std::move(decided));
  }
  learn(ctx, instance, std::string(proposer.value));
}

void Paxos::on(Ctx& ctx, NodeId, const paxos::Decided& decided) {
  learn(ctx, instance(decided.key()), decided.value());
}

void Paxos::learn(Ctx& ctx, Instance& instance, std::string_view value) {
  instance.decided = value;
  instance.proposer.phase = Phase::Idle;
  ctx.cancel_timer(Timer::Retry, instance.number);
  const auto result = decisions::encode({decisions::Status::Ok, std::string(value)});
  for (const Asker& asker : instance.proposer.askers) answer(ctx, asker, Reply::OK, result);
  instance.proposer.askers.clear();
}

// §2.4: whoever is in the way has a higher ballot. To go on at once would only get into its way.
void Paxos::on(Ctx& ctx, NodeId, const paxos::Nack& nack) {
  Instance& instance = this->instance(nack.key());
  paxos::Proposer& proposer = instance.proposer;
  if (proposer.phase == Phase::Idle || Ballot{nack.ballot()} != proposer.ballot) return;
  // A prepare that arrived twice is refused for its own sake.
  if (Ballot{nack.promised()} <= proposer.ballot) return;
  reached(ctx, PaxosReach::Preempted);
  proposer.phase = Phase::Idle;
  proposer.seen = Ballot{nack.promised()};
  ctx.set_timer(Timer::Retry, doubled(options_.backoff, proposer.attempts - 1), instance.number);
}

void Paxos::on(Ctx& ctx, Timer, std::uint64_t number) {
  const std::string& key = keys_.at(number);
  Instance& instance = this->instance(key);
  if (instance.proposer.phase != Phase::Idle) reached(ctx, PaxosReach::Repeated);
  begin_ballot(ctx, key, instance);
}

void Paxos::send_promise(Ctx& ctx, NodeId to, const std::string& key, const Instance& instance) {
  ctx.send<paxos::Promise>(to, [&](paxos::Promise& promise) {
    promise.set_key(key);
    promise.set_ballot(number(instance.acceptor.promised));
    promise.set_accepted_ballot(number(instance.acceptor.accepted));
    promise.set_value(instance.acceptor.value);
  });
}

void Paxos::send_accepted(Ctx& ctx, NodeId to, const std::string& key, const Instance& instance) {
  ctx.send<paxos::Accepted>(to, [&](paxos::Accepted& accepted) {
    accepted.set_key(key);
    accepted.set_ballot(number(instance.acceptor.accepted));
    accepted.set_value(instance.acceptor.value);
  });
}

void Paxos::refuse(Ctx& ctx, NodeId to, const std::string& key, Ballot ballot,
                   const Instance& instance) {
  ctx.send<paxos::Nack>(to, [&](paxos::Nack& nack) {
    nack.set_key(key);
    nack.set_ballot(number(ballot));
    nack.set_promised(number(instance.acceptor.promised));
  });
}

void Paxos::store(Ctx& ctx, const std::string& key, const Instance& instance) {
  if (!options_.durable) return;
  paxos::StoredAcceptor record;
  record.set_promised(number(instance.acceptor.promised));
  record.set_accepted_ballot(number(instance.acceptor.accepted));
  record.set_value(instance.acceptor.value);
  ctx.storage().put(std::string(kAcceptorPrefix) + key, record);
}

Paxos::Instance& Paxos::instance(const std::string& key) {
  const auto [found, is_new] = instances_.try_emplace(key);
  if (is_new) {
    found->second.number = keys_.size();
    keys_.push_back(key);
  }
  return found->second;
}

void Paxos::reached(Ctx& ctx, PaxosReach kind) {
  ctx.observe(transport::Reached{{}, static_cast<std::uint32_t>(kind)});
}

// What is settled would fill pages: only what is still open is named.
void Paxos::describe(Fields& fields) const {
  fields("instances", instances_.size());
  for (const auto& [key, instance] : instances_) {
    if (instance.decided) continue;
    fields(key + " promised", to_string(instance.acceptor.promised));
    fields(key + " accepted", to_string(instance.acceptor.accepted));
    if (instance.acceptor.accepted != Ballot{}) fields(key + " value", instance.acceptor.value);
    if (instance.proposer.phase == Phase::Idle) continue;
    fields(key + " proposes in", to_string(instance.proposer.ballot));
    fields(key + " voters", instance.proposer.voters.count());
  }
}

}  // namespace lockstep::consensus
