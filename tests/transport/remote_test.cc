// Nodes whose code or whose messages are not the world's.
#include "transport/process/remote.h"

#include <doctest/doctest.h>
#include <google/protobuf/message.h>

#include <stdexcept>

#include "tests/transport/handout.messages.h"
#include "tests/transport/pinger_run.h"
#include "tests/transport/student.messages.h"
#include "transport/process/child.h"
#include "transport/process/foreign.h"

namespace lockstep::tests {
namespace {

std::uint64_t digest_of(const google::protobuf::Message& message) {
  return transport::parse_envelope<handout::Message>(message.SerializeAsString()).digest();
}

TEST_CASE("fields that a definition does not know survive and are part of the digest") {
  student::Message message;
  message.mutable_ping()->set_number(7);
  handout::Message same;
  same.mutable_ping()->set_number(7);
  CHECK(digest_of(message) == digest_of(same));

  message.mutable_ping()->set_note("a");
  const auto with_a = digest_of(message);
  CHECK(with_a != digest_of(same));
  const auto parsed = transport::parse_envelope<handout::Message>(message.SerializeAsString());
  CHECK(parsed.message().SerializeAsString() == message.SerializeAsString());
  message.mutable_ping()->set_note("b");
  CHECK(digest_of(message) != with_a);
}

TEST_CASE("a body that a definition does not know is part of the digest") {
  student::Message message;
  message.mutable_gossip()->set_answered(1);
  const auto one = digest_of(message);
  message.mutable_gossip()->set_answered(2);
  CHECK(digest_of(message) != one);
  CHECK(one != digest_of(handout::Message{}));
}

TEST_CASE("a remote node cannot run where it is only a name") {
  const auto node = transport::remote_node<handout::Message>({"server", "kv", {{"a", "b"}}});
  transport::World world;
  CHECK_THROWS_AS(node->start(world, {}), std::logic_error);
  CHECK_THROWS_AS(node->fresh()->timer(world, 0, 0), std::logic_error);
  CHECK(transport::spec_of(*node->clone()).options.at("a") == "b");
  CHECK_FALSE(node->parse("\xff"));
}

TEST_CASE("a node of another message class has the digest of one of the world's own") {
  const auto own = run_pingers(own_pinger(), transport::in_process());
  CHECK(own.replies > 10);
  CHECK(own == run_pingers(own_pinger(), transport::child_processes()));
  CHECK(own == run_pingers(remote_pinger(false), transport::foreign_in_process(make_pinger)));
}

TEST_CASE("what a student adds reaches the other students, and changes the digest") {
  const auto foreign = transport::foreign_in_process(make_pinger);
  const auto plain = run_pingers(remote_pinger(false), foreign);
  const auto chatty = run_pingers(remote_pinger(true), foreign);
  CHECK(chatty.digest != plain.digest);
  CHECK(chatty.described.find("by the way") != std::string::npos);
  CHECK(chatty.described.find("answered 1") != std::string::npos);
  CHECK(plain.described.find("by the way") == std::string::npos);
}

TEST_CASE("a node that cannot be made says why") {
  const auto make = transport::foreign_in_process(make_pinger);
  const auto prototype = transport::remote_node<handout::Message>({"juggler", {}, {}});
  CHECK_THROWS_WITH_AS(make(*prototype),
                       "the process of n0 cannot be made: there is no role \"juggler\"",
                       transport::NodeProcessError);
}

}  // namespace
}  // namespace lockstep::tests
