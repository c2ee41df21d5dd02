// What the generator writes: content hashes that see every difference, and dispatch.
#include <doctest/doctest.h>
#include <google/protobuf/message.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/transport/toy.messages.h"
#include "transport/envelope.h"

namespace lockstep::tests {
namespace {

template <class Message>
std::uint64_t digest_of(const Message& message) {
  statemachine::Fold digest;
  fold(digest, message);
  return digest.digest();
}

std::uint64_t with(const std::function<void(toy::Shapes&)>& change) {
  toy::Shapes shapes;
  change(shapes);
  return digest_of(shapes);
}

TEST_CASE("each field, its presence and the order of what repeats change the digest") {
  using toy::Shapes;
  const std::vector<std::function<void(Shapes&)>> changes{
      [](Shapes&) {},
      [](Shapes& s) { s.set_plain(1); },
      [](Shapes& s) { s.set_plain(2); },
      [](Shapes& s) { s.set_maybe(0); },
      [](Shapes& s) { s.set_maybe(1); },
      [](Shapes& s) { s.set_text("1"); },
      [](Shapes& s) { s.set_raw("1"); },
      [](Shapes& s) { s.set_flag(true); },
      [](Shapes& s) { s.set_colour(toy::GREEN); },
      [](Shapes& s) { s.mutable_inside(); },
      [](Shapes& s) { s.mutable_inside()->set_depth(1); },
      [](Shapes& s) { s.add_numbers(0); },
      [](Shapes& s) { s.add_numbers(1); },
      [](Shapes& s) { s.add_numbers(1), s.add_numbers(2); },
      [](Shapes& s) { s.add_numbers(2), s.add_numbers(1); },
      [](Shapes& s) { s.add_words(""); },
      [](Shapes& s) { s.add_words("ab"), s.add_words("c"); },
      [](Shapes& s) { s.add_words("a"), s.add_words("bc"); },
      [](Shapes& s) { s.add_insides(); },
      [](Shapes& s) { s.add_insides(), s.add_insides(); },
      [](Shapes& s) { s.set_left(0); },
      [](Shapes& s) { s.set_right(0); },
      [](Shapes& s) { s.set_left(1); },
      [](Shapes& s) { s.set_negative(-1); },
      [](Shapes& s) { s.set_negative(1); },
  };
  std::set<std::uint64_t> digests;
  for (const auto& change : changes) digests.insert(with(change));
  CHECK(digests.size() == changes.size());
}

TEST_CASE("a present optional is not mistaken for an absent one with a list behind it") {
  toy::Ambiguous present;
  present.set_maybe(5);
  toy::Ambiguous absent;
  absent.add_list(5);
  absent.add_list(0);
  CHECK(digest_of(present) != digest_of(absent));
}

TEST_CASE("a copy and a parse from the wire have the same digest") {
  toy::Shapes shapes;
  shapes.set_maybe(0);
  shapes.set_raw(std::string("\0\xff", 2));
  shapes.add_insides()->set_depth(-3);
  shapes.set_right(9);
  toy::Shapes parsed;
  REQUIRE(parsed.ParseFromString(shapes.SerializeAsString()));
  CHECK(digest_of(parsed) == digest_of(shapes));
  CHECK(digest_of(toy::Shapes(shapes)) == digest_of(shapes));
}

TEST_CASE("digests of messages are pinned") {
  toy::Say say;
  say.set_text("hello, world");
  CHECK(digest_of(say) == 0x229F42E14BF6AEE3ull);
}

TEST_CASE("bodies are visited by their type and known by their name") {
  toy::Message message;
  std::string visited = "nothing";
  const auto note = [&]<class Body>(const Body&) {
    visited = std::is_same_v<Body, toy::Say> ? "Say" : "Phase2a";
  };
  visit(message, note);
  CHECK(visited == "nothing");
  CHECK(body_name(message) == "(empty)");
  wrap(message, std::type_identity<toy::Phase2a>{}).set_ballot(3);
  visit(message, note);
  CHECK(visited == "Phase2a");
  CHECK(body_name(message) == "Phase2a");
}

transport::Envelope say(const std::string& text) {
  return transport::compose<toy::Message, toy::Say>([&](toy::Say& body) { body.set_text(text); });
}

TEST_CASE("an envelope from the pool remembers nothing of its last message") {
  const std::uint64_t fresh = say("a").digest();
  say("b").bytes();
  const auto again = say("a");
  CHECK(again.digest() == fresh);
  CHECK(again.fresh_digest() == fresh);
  CHECK(again.bytes() == again.message().ByteSizeLong());
  CHECK(again.name() == "Say");
}

TEST_CASE("an envelope is shared, not copied, and knows its protocol") {
  const auto one = say("a");
  const transport::Envelope other = one;
  CHECK(&one.message() == &other.message());
  CHECK(one.belongs_to(transport::protocol_tag<toy::Message>()));
  CHECK_FALSE(one.belongs_to(transport::protocol_tag<toy::Say>()));
}

TEST_CASE("bytes that are no message parse to an empty envelope") {
  CHECK_FALSE(transport::parse_envelope<toy::Message>("\xff\xff\xff"));
  CHECK(transport::parse_envelope<toy::Message>(""));
}

}  // namespace
}  // namespace lockstep::tests
