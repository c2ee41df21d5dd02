#include <doctest/doctest.h>

#include "statemachine/sessions.h"
#include "tests/chaos/trace/samples.h"

namespace lockstep::chaos {
namespace {

const std::string& raft_trace() {
  static const std::string trace = record(run_of("raft", 2)).trace;
  return trace;
}

/// Numbers of the records that pass.
std::vector<std::uint64_t> passing(Trace& trace, const TraceFilter& filter) {
  TraceSelection selection(filter, trace);
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t number = 1; number <= trace.size(); ++number) {
    if (selection.admits(trace.read(number))) numbers.push_back(number);
  }
  return numbers;
}

Moment moment(const std::string& text) {
  const auto read = parse_moment(text);
  REQUIRE(std::holds_alternative<Moment>(read));
  return std::get<Moment>(read);
}

TEST_CASE("moments are milliseconds or events") {
  CHECK(moment("12").value == 12'000'000);
  CHECK(moment("12.5").value == 12'500'000);
  CHECK(moment("0.000001").value == 1);
  CHECK(moment("#345").is_event);
  CHECK(moment("#345").value == 345);
  for (const std::string bad : {"", "#", "x", "1.", "-1", "1.2.3", "#1x", "1.0000001", "12ms",
                                "99999999999999999999", "9999999999999"}) {
    CAPTURE(bad);
    CHECK(std::holds_alternative<std::string>(parse_moment(bad)));
  }
}

TEST_CASE("requests are named by client and sequence") {
  const auto read = parse_request_name("c3:17");
  REQUIRE(std::holds_alternative<RequestName>(read));
  CHECK(std::get<RequestName>(read).client == 3);
  CHECK(std::get<RequestName>(read).sequence == 17);
  CHECK(std::holds_alternative<RequestName>(parse_request_name("3:17")));
  for (const std::string bad : {"", "3", "3:", ":17", "3:x", "3:17:1"}) {
    CAPTURE(bad);
    CHECK(std::holds_alternative<std::string>(parse_request_name(bad)));
  }
}

TEST_CASE("without a filter everything passes") {
  Trace trace = read_back(raft_trace());
  CHECK(passing(trace, {}).size() == trace.size());
}

TEST_CASE("a span of time or events passes, its ends included") {
  Trace trace = read_back(raft_trace());
  TraceFilter filter;
  filter.from = moment("100");
  filter.until = moment("200");
  const auto passed = passing(trace, filter);
  REQUIRE_FALSE(passed.empty());
  CHECK(passed.size() < trace.size());
  CHECK(trace.read(passed.front()).at_ns() >= 100'000'000);
  CHECK(trace.read(passed.front() - 1).at_ns() < 100'000'000);
  CHECK(trace.read(passed.back()).at_ns() <= 200'000'000);
  CHECK(trace.read(passed.back() + 1).at_ns() > 200'000'000);

  filter.from = filter.until = moment("#20");
  for (const auto number : passing(trace, filter)) CHECK(trace.read(number).event() == 20);
}

TEST_CASE("what happens at a node passes") {
  Trace trace = read_back(raft_trace());
  TraceFilter filter;
  filter.nodes = {2};
  const auto two = passing(trace, filter);
  for (const auto number : two) CHECK(trace.read(number).node() == 2);
  filter.nodes = {1, 3};
  CHECK(two.size() + passing(trace, filter).size() == trace.size());
}

TEST_CASE("messages of a type pass, with what their handlers did") {
  Trace trace = read_back(raft_trace());
  TraceFilter filter;
  filter.messages = {"RequestVote", "VoteReply"};
  std::size_t changes = 0;
  for (const auto number : passing(trace, filter)) {
    const auto& record = trace.read(number);
    if (record.kind() == TraceRecord::STATE) ++changes;
    CHECK((record.type() != 0 || record.kind() == TraceRecord::STATE ||
           record.kind() == TraceRecord::OBSERVED || record.kind() == TraceRecord::LOGGED));
  }
  CHECK(changes > 0);
  const auto text = printed(trace, filter);
  CHECK(lines_with(text, "VoteReply{").size() > 0);
  CHECK(lines_with(text, "AppendEntries{").empty());
  const auto names = message_names(trace);
  CHECK(std::find(names.begin(), names.end(), "AppendEntries") != names.end());
  CHECK(std::find(names.begin(), names.end(), "Request") != names.end());
  CHECK(std::find(names.begin(), names.end(), "Message") == names.end());
}

TEST_CASE("a request is followed from the client through every log back to the client") {
  Trace trace = read_back(raft_trace());
  TraceFilter filter;
  filter.follow = RequestName{1, 4};
  const auto text = printed(trace, filter);
  CHECK(lines_with(text, "request  c1 ->").size() >= 1);
  CHECK(lines_with(text, "reply    ").size() >= 1);
  CHECK(lines_with(text, "AppendEntries{").size() >= 4);  // two followers: sent and handled
  CHECK(lines_with(text, "Applied{").size() == 3);        // once at each node
  for (const auto& line : lines_with(text, "AppendEntries{")) {
    CAPTURE(line);
    CHECK((line.find("c1:4 ") != std::string::npos || line.find("…") != std::string::npos));
  }
  CHECK(lines_with(text, "c2 ->").empty());
  CHECK(lines_with(text, "sequence: 5").empty());

  filter.follow = RequestName{9, 9};
  CHECK(passing(trace, filter).empty());
}

TEST_CASE("following tells two equal commands of different clients apart") {
  using transport::ClientId;
  using transport::NodeId;
  using transport::Witness;
  const std::string read = "\x08\x01";  // both clients read the register
  std::vector<transport::Claim> claims;
  for (const std::uint64_t client : {1, 2}) {
    const auto bytes = statemachine::encode_session_command(client, 1, 0, read);
    claims.emplace_back(transport::Applied{{}, client, statemachine::digest_of(bytes), 0});
  }
  const auto request = [&](std::uint64_t client) {
    return transport::compose<transport::Request, transport::Request>([&](auto& made) {
      made.set_client(client);
      made.set_sequence(1);
      made.set_command(read);
    });
  };
  const transport::Envelope requests[] = {request(1), request(2)};
  std::vector<Witness> seen(4);
  for (std::size_t at = 0; at < 2; ++at) {
    seen[at].kind = Witness::Kind::Requested;
    seen[at].node = NodeId{1};
    seen[at].event = at + 1;
    seen[at].client = ClientId{at + 1};
    seen[at].payload = &requests[at];
    seen[at + 2].kind = Witness::Kind::Observed;
    seen[at + 2].node = NodeId{1};
    seen[at + 2].event = 10 + at;
    seen[at + 2].claim = &claims[at];
  }
  Trace trace = read_back(hand_made(seen));
  TraceFilter filter;
  filter.follow = RequestName{2, 1};
  CHECK(passing(trace, filter) == std::vector<std::uint64_t>{2, 4});
}

TEST_CASE("of a handler that claims much, only what is about the followed request passes") {
  using transport::NodeId;
  using transport::Witness;
  const auto request = transport::compose<transport::Request, transport::Request>([&](auto& made) {
    made.set_client(1);
    made.set_sequence(1);
    made.set_command("\x08\x01");
  });
  const transport::Claim mine = transport::Applied{{}, 7, statemachine::digest_of("\x08\x01"), 0};
  const transport::Claim other = transport::Applied{{}, 8, 1234, 0};
  std::vector<Witness> seen(5);
  for (auto& witness : seen) witness.node = NodeId{1};
  seen[0].kind = Witness::Kind::Requested;
  seen[0].payload = &request;
  seen[1].kind = seen[2].kind = Witness::Kind::Observed;
  seen[1].claim = &mine;
  seen[2].claim = &other;
  seen[3].kind = Witness::Kind::Logged;
  seen[4].kind = Witness::Kind::Dropped;
  seen[4].node = NodeId{};
  seen[4].peer = NodeId{2};
  seen[4].payload = &request;
  Trace trace = read_back(hand_made(seen));
  TraceFilter filter;
  filter.follow = RequestName{1, 1};
  CHECK(passing(trace, filter) == std::vector<std::uint64_t>{1, 2, 4, 5});
  CHECK(lines_with(printed(trace), "n2    lose     c1 -> n2 Request{").size() == 1);
  filter = {};
  filter.nodes = {2};
  CHECK(passing(trace, filter) == std::vector<std::uint64_t>{5});
}

TEST_CASE("all filters given must hold") {
  Trace trace = read_back(raft_trace());
  TraceFilter filter;
  filter.nodes = {1};
  filter.messages = {"AppendReply"};
  filter.until = moment("400");
  const auto both = passing(trace, filter);
  CHECK_FALSE(both.empty());
  for (const auto number : both) {
    CHECK(trace.read(number).node() == 1);
    CHECK(trace.read(number).at_ns() <= 400'000'000);
  }
}

}  // namespace
}  // namespace lockstep::chaos
