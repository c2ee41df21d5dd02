// Part A: whoever leads was elected, by a majority, once per term.
#include <fmt/core.h>

#include <map>
#include <set>

#include "labs/raft/lab.h"
#include "labs/raft/tally.h"

namespace lockstep::labs {

using transport::NodeId;
using transport::Time;
using transport::Transmission;
using namespace std::chrono_literals;

namespace {

/// The network that loses, repeats and overtakes.
transport::NetworkConditions bad_network() { return {{1ms, 20ms}, 100'000, 100'000, 100'000}; }

/// Within five seconds one node alone leads, by what it sends, for half a second.
Stage::Task<> one_leader_remains(Stage& stage, Tally& tally) {
  std::vector<NodeId> leading;
  for (int tried = 0; tried < 10; ++tried) {
    const Time since = stage.cluster().now();
    co_await stage.sleep(500ms);
    leading = tally.led_since(since);
    if (leading.size() == 1) co_return;
  }
  stage.expect(false, "when all nodes hear each other, one of them leads",
               fmt::format("what only leaders send came from {} in the last of five seconds",
                           to_string(leading)));
}

Stage::Task<> first_leader(Stage& stage) {
  Tally tally(stage);
  const NodeId leader = co_await settled_leader(stage);
  const auto term = stage.world().term();
  stage.expect(term >= 1, "terms are numbered from 1",
               fmt::format("{} leads in term {}", to_string(leader), term));
  co_await stage.sleep(2s);
  stage.expect(
      stage.world().term() == term && stage.world().leader() == leader,
      "without failures the first leader stays the leader",
      fmt::format("{} led in term {}; two seconds later {} leads in term {}", to_string(leader),
                  term, stage.world().leader() ? to_string(*stage.world().leader()) : "nobody",
                  stage.world().term()));
  co_await one_leader_remains(stage, tally);
}

Stage::Task<> leader_is_replaced(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  stage.world().isolate(first);
  const NodeId second = co_await another_leader(stage, first);
  stage.expect(second != first, "a leader that nobody hears is replaced by another node",
               fmt::format("{} leads again although nobody hears it", to_string(first)));
  stage.world().reconnect(first);
  co_await one_leader_remains(stage, tally);
}

Stage::Task<> no_quorum_no_leader(Stage& stage) {
  const NodeId first = co_await settled_leader(stage);
  const NodeId second = stage.cluster().nodes()[number(first) % 3];
  stage.world().isolate(first);
  stage.world().isolate(second);
  const auto term = stage.world().term();
  co_await stage.sleep(2s);
  stage.expect(stage.world().term() == term, "nobody is elected without a majority",
               fmt::format("a node became leader of term {} while no two of three heard each other",
                           stage.world().term()));
  stage.world().reconnect(second);
  co_await another_leader(stage, first);
  stage.world().reconnect(first);
  co_await stage.sleep(1s);
  co_await settled_leader(stage);
}

Stage::Task<> half_is_no_majority(Stage& stage) {
  const auto& nodes = stage.cluster().nodes();
  for (const NodeId here : {nodes[0], nodes[1]}) {
    for (const NodeId there : {nodes[2], nodes[3]}) {
      stage.world().cut(here, there);
      stage.world().cut(there, here);
    }
  }
  co_await stage.sleep(2s);
  stage.expect(stage.world().term() == 0, "two of four are no majority",
               fmt::format("a node became leader of term {} with the votes of two of four",
                           stage.world().term()));
  stage.world().heal();
  co_await settled_leader(stage);
}

Stage::Task<> many_elections(Stage& stage) {
  co_await settled_leader(stage);
  const auto& nodes = stage.cluster().nodes();
  std::uint64_t dice = number(*stage.world().leader());
  for (int round = 0; round < 10; ++round) {
    std::set<NodeId> cut_off;
    if (const auto leader = stage.world().leader()) cut_off.insert(*leader);
    while (cut_off.size() < 3) {
      dice = dice * 6364136223846793005u + 1442695040888963407u;
      cut_off.insert(nodes[(dice >> 33) % nodes.size()]);
    }
    for (const NodeId node : cut_off) stage.world().isolate(node);
    std::string what =
        fmt::format("one of the four of seven that hear each other leads (round {})", round + 1);
    std::function<bool()> leads = [&stage, cut_off] {
      const auto leader = stage.world().leader();
      return leader && !cut_off.contains(*leader);
    };
    co_await stage.await(std::move(what), std::move(leads));
    for (const NodeId node : cut_off) stage.world().reconnect(node);
  }
}

/// Two candidates of one term ask before anybody of the others has voted.
Stage::Task<> votes_once_per_term(Stage& stage) {
  co_await settled_leader(stage);
  for (int round = 0; round < 4; ++round) {
    std::map<std::uint64_t, std::set<NodeId>> candidates;
    stage.world().hold([&candidates](const Transmission& transmission) {
      if (!is_vote_request(transmission)) return false;
      candidates[message_in(transmission)->request_vote().term()].insert(transmission.from);
      return true;
    });
    if (const auto leader = stage.world().leader()) stage.world().isolate(*leader);
    for (int waited = 0; waited < 1000; ++waited) {
      if (!candidates.empty() && candidates.rbegin()->second.size() >= 2) break;
      co_await stage.sleep(1ms);
    }
    stage.world().release();
    co_await stage.sleep(300ms);
    stage.world().heal();
    co_await stage.sleep(300ms);
  }
  co_await settled_leader(stage);
}

/// The vote of the first node reaches candidates twice, those of all others never.
Stage::Task<> repeated_votes(Stage& stage) {
  const NodeId voter = stage.cluster().nodes().front();
  stage.world().lose([&stage, voter](const Transmission& transmission) {
    if (!is_vote(transmission) || transmission.from == transmission.to) return false;
    if (transmission.from != voter) return true;
    stage.cluster().deliver(voter, transmission.to, transmission.payload, 10ms);
    return false;
  });
  co_await stage.sleep(3s);
  stage.expect(stage.world().term() == 0, "a vote counts once, however often it arrives",
               fmt::format("a node became leader of term {} by its own vote and that of {}, which "
                           "the network repeated",
                           stage.world().term(), to_string(voter)));
  stage.world().heal();
  co_await settled_leader(stage);
}

/// Votes arrive when their candidate already stands in a later term, in which nobody voted.
Stage::Task<> late_votes(Stage& stage) {
  co_await settled_leader(stage);
  for (int round = 0; round < 3; ++round) {
    std::map<NodeId, std::uint64_t> stood_in;
    std::map<NodeId, std::uint64_t> votes_for;
    NodeId candidate{};
    stage.world().hold([&votes_for](const Transmission& transmission) {
      if (!is_vote(transmission) || transmission.from == transmission.to) return false;
      ++votes_for[transmission.to];
      return true;
    });
    if (const auto leader = stage.world().leader()) stage.world().isolate(*leader);
    for (int waited = 0; waited < 2000 && candidate == NodeId{}; ++waited) {
      for (const auto& [node, votes] : votes_for) {
        if (votes >= 2) candidate = node;
      }
      co_await stage.sleep(1ms);
    }
    bool stands_again = false;
    stage.world().lose([&stands_again, candidate](const Transmission& transmission) {
      if (!is_vote_request(transmission)) return false;
      if (transmission.from == candidate) stands_again = true;
      return true;
    });
    for (int waited = 0; waited < 2000 && !stands_again; ++waited) co_await stage.sleep(1ms);
    stage.world().release();
    co_await stage.sleep(50ms);
    stage.world().heal();
    co_await stage.sleep(500ms);
  }
  co_await settled_leader(stage);
}

Stage::Task<> leader_unheard(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  stage.world().isolate(first, chaos::Direction::Outgoing);
  const NodeId second = co_await another_leader(stage, first);
  stage.expect(second != first, "a leader that nobody hears is replaced by another node",
               fmt::format("{} leads again although nobody hears it", to_string(first)));
  co_await one_leader_remains(stage, tally);
}

Stage::Task<> paused_leader_returns(Stage& stage) {
  Tally tally(stage);
  const NodeId first = co_await settled_leader(stage);
  stage.cluster().pause(first);
  const NodeId second = co_await another_leader(stage, first);
  stage.expect(second != first, "a leader that stands still is replaced by another node",
               fmt::format("{} leads again although it stands still", to_string(first)));
  co_await stage.sleep(500ms);
  stage.cluster().resume(first);
  co_await one_leader_remains(stage, tally);
}

Stage::Task<> elections_on_a_bad_network(Stage& stage) {
  Tally tally(stage);
  for (int round = 0; round < 5; ++round) {
    const NodeId leader = co_await stage.leader(20s);
    stage.world().isolate(leader);
    co_await another_leader(stage, leader, 20s);
    stage.world().reconnect(leader);
  }
  stage.cluster().set_network({});
  co_await one_leader_remains(stage, tally);
}

Stage::Task<> few_messages(Stage& stage) {
  Tally tally(stage);
  co_await stage.leader();
  const auto election = tally.sent();
  stage.expect(election <= 150, "three nodes elect a leader with at most 150 messages",
               fmt::format("{} messages left before anybody led", election));
  co_await stage.sleep(500ms);
  const auto before = tally.sent();
  co_await stage.sleep(1s);
  const auto idle = tally.sent() - before;
  stage.expect(idle <= 200, "three idle nodes send at most 200 messages in a second",
               fmt::format("{} messages left in a second without any request", idle));
}

}  // namespace

void add_election_tests(LabBuilder& lab) {
  lab.test({.name = "first_leader",
            .points = 3,
            .promise = "one node is elected, and stays the leader while nothing fails",
            .source = "Raft paper, section 5.2",
            .hints = {"When does a follower become a candidate, and who tells it not to?",
                      "A leader must send heartbeats more often than the shortest election timeout "
                      "ends, and each of them sets the follower's timer again.",
                      "Count votes of this term only, your own among them; with a majority, claim "
                      "it: ctx.observe(Leads{{}, term})."},
            .body = Script{{.nodes = 3}, first_leader}});
  lab.test({.name = "leader_is_replaced",
            .points = 3,
            .promise = "when the leader is cut off the others elect a new one, and when it is back "
                       "only one leads",
            .source = "Raft paper, section 5.2",
            .hints = {"What does a follower do when its election timer fires?",
                      "Whoever sees a higher term in any message, answers included, adopts it and "
                      "follows (section 5.1).",
                      "A leader that steps down stops its heartbeat timer, sets its election timer "
                      "and claims Follows."},
            .body = Script{{.nodes = 3}, leader_is_replaced}});
  lab.test({.name = "no_quorum_no_leader",
            .points = 2,
            .promise = "without a majority nobody is elected, and with one again somebody is",
            .source = "Raft paper, section 5.2",
            .hints = {"How many votes of three does a candidate need?",
                      "A candidate whose election ends without a winner stands again, in the next "
                      "term; its timer must be set again for that."},
            .body = Script{{.nodes = 3}, no_quorum_no_leader}});
  lab.test({.name = "half_is_no_majority",
            .points = 2,
            .promise = "half of the nodes elect nobody",
            .source = "Raft paper, section 5.2",
            .hints = {"A majority is more than half.",
                      "Of n nodes n / 2 + 1 are a majority, also when n is even."},
            .body = Script{{.nodes = 4}, half_is_no_majority}});
  lab.test({.name = "many_elections",
            .points = 2,
            .promise = "whenever four of seven hear each other, one of them leads soon",
            .source = "Raft paper, section 5.2",
            .hints = {"What is left of a vote when the term is over?",
                      "A new term begins without a vote: forget whom you voted for when you adopt "
                      "a higher one.",
                      "Election timeouts must be drawn anew each time: give set_timer the whole "
                      "range, options_.election_timeout."},
            .body = Script{{.nodes = 7}, many_elections}});
  lab.test({.name = "votes_once_per_term",
            .points = 2,
            .promise = "a node votes for one candidate in a term, whoever asks",
            .source = "Raft paper, section 5.2; Figure 2, RequestVote",
            .hints = {"Two candidates ask for the same term. Who gets the vote?",
                      "Remember whom you voted for in this term, yourself included, and grant the "
                      "vote to nobody else."},
            .body = Script{{.nodes = 5}, votes_once_per_term}});
  lab.test({.name = "repeated_votes",
            .points = 1,
            .promise = "a vote counts once, however often the network delivers it",
            .source = "Raft paper, sections 5.2 and 5.5",
            .hints = {"Do you count answers, or voters?",
                      "Keep the set of those who voted for you, not their number."},
            .seeds = 2,
            .body = Script{{.nodes = 5}, repeated_votes}});
  lab.test({.name = "late_votes",
            .points = 1,
            .promise = "a vote of an earlier term does not count in a later one",
            .source = "Raft paper, sections 5.1 and 5.2",
            .hints = {"An answer may come when you have already asked something else.",
                      "Compare the term of a VoteReply with your own before you count it."},
            .body = Script{{.nodes = 5}, late_votes}});
  lab.test({.name = "leader_unheard",
            .points = 1,
            .promise = "a leader that hears the others, but is not heard by them, is replaced",
            .source = "Raft paper, sections 5.1 and 5.2",
            .hints = {"The old leader hears that there is a higher term. From which messages?",
                      "RequestVote carries a term, too."},
            .seeds = 2,
            .body = Script{{.nodes = 3}, leader_unheard}});
  lab.test({.name = "paused_leader_returns",
            .points = 1,
            .promise = "a leader that stood still for a while is replaced, and follows afterwards",
            .source = "Raft paper, section 5.1",
            .hints = {"Nothing tells a process that it stood still: it goes on where it was.",
                      "Answer messages of an earlier term with your own term, so that their sender "
                      "learns of it."},
            .seeds = 2,
            .body = Script{{.nodes = 3}, paused_leader_returns}});
  lab.test({.name = "elections_on_a_bad_network",
            .points = 1,
            .promise = "elections are safe when messages are lost, repeated and overtaken, and one "
                       "leader remains when the network is good again",
            .source = "Raft paper, section 5.2",
            .hints = {"Every message may arrive late, twice, or never.",
                      "Which of your handlers would do something else the second time?"},
            .body = Script{{.nodes = 5, .network = bad_network()}, elections_on_a_bad_network}});
  lab.test({.name = "few_messages",
            .points = 1,
            .promise =
                "electing a leader takes at most 150 messages among three nodes, and an idle "
                "second at most 200",
            .source = "Raft paper, section 5.6",
            .hints = {"Who sends heartbeats, and how often?",
                      "An answer to a heartbeat must not cause another heartbeat."},
            .seeds = 2,
            .body = Script{{.nodes = 3}, few_messages}});
}

}  // namespace lockstep::labs
