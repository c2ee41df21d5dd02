// The wire format as Protobuf writes it; tags are written out, so that reader and writer do not
// just agree with each other.
#include "statemachine/wire.h"

#include <doctest/doctest.h>

#include <string>

#include "statemachine/kv.h"
#include "statemachine/sessions.h"

namespace lockstep::statemachine {
namespace {

using namespace std::string_literals;

/// Every field as tag=value, and how it ended.
std::string read(std::string_view message) {
  std::string story;
  WireReader reader(message);
  while (reader.next()) {
    story += std::to_string(reader.tag()) + "=";
    const bool is_varint = (reader.tag() & 7) == 0;
    story += is_varint ? std::to_string(reader.number()) : std::string(reader.bytes());
    story += " ";
  }
  return story + (reader.is_well_formed() ? "end" : "malformed");
}

TEST_CASE("fields are written as Protobuf writes them, defaults left out") {
  std::string message;
  append_field(message, 1, std::uint64_t{300});
  append_field(message, 2, "ab");
  append_field(message, 3, std::uint64_t{0});
  append_field(message, 3, "");
  append_field(message, 16, ~std::uint64_t{0});
  CHECK(message == "\x08\xac\x02\x12\x02"s + "ab\x80\x01" + std::string(9, '\xff') + "\x01");
  CHECK(read(message) == "8=300 18=ab 128=18446744073709551615 end");
}

TEST_CASE("fixed-width fields are skipped, and nothing is read beyond the end") {
  CHECK(read("") == "end");
  CHECK(read("\x09"s + "12345678\x0d" + "1234") == "9=12345678 13=1234 end");
  CHECK(read("\x09"s + "1234567") == "malformed");
  CHECK(read("\x0d"s + "123") == "malformed");
  CHECK(read("\x12\x03"s + "ab") == "malformed");
  CHECK(read("\x08") == "malformed");
  CHECK(read("\x08\x80") == "malformed");
  CHECK(read("\x08"s + std::string(10, '\x80') + "\x01") == "malformed");
  CHECK(read("\x02\x00"s) == "malformed");  // Field number 0.
  CHECK(read("\x0b\x0c") == "malformed");   // A group.
}

TEST_CASE("a session command comes back as it went in, and no part of one passes for it") {
  const std::string bytes = encode_session_command(7, 1'000'000, 999, "command");
  const auto command = parse_session_command(bytes);
  REQUIRE(command);
  CHECK(command->client == 7);
  CHECK(command->sequence == 1'000'000);
  CHECK(command->acknowledged_below == 999);
  CHECK(command->command == "command");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto part = parse_session_command(std::string_view(bytes).substr(0, size));
    CHECK((!part || part->command.empty()));
  }
  // Unknown fields may come with a later version; of a repeated one the last counts.
  CHECK(parse_session_command(bytes + "\x32\x01x\x08\x08")->client == 8);
}

TEST_CASE("key-value commands are written as Protobuf writes them") {
  CHECK(kv::get("k") == "\x08\x01\x12\x01k");
  CHECK(kv::get_or_empty("") == "\x08\x02");
  CHECK(kv::put("k", "v") == "\x08\x03\x12\x01k\x1a\x01v");
  CHECK(kv::append("k", "") == "\x08\x04\x12\x01k");
  CHECK(kv::compare_and_set("k", {}, "v") == "\x08\x05\x12\x01k\x1a\x01v");
  CHECK(kv::compare_and_set("k", "", "v") == "\x08\x05\x12\x01k\x1a\x01v\x22\x00"s);
  CHECK(kv::compare_and_set("k", "e", "v") ==
        "\x08\x05\x12\x01k\x1a\x01v\x22\x01"
        "e");
  CHECK(kv::remove("k") == "\x08\x06\x12\x01k");
  const kv::Command command{kv::Operation::CompareAndSet, "k", "v", ""};
  CHECK(kv::encode(command) == kv::compare_and_set("k", "", "v"));
}

TEST_CASE("a key-value command with unknown fields is one, a cut one is none") {
  const std::string put = kv::put("key", "value");
  CHECK(kv::parse_command(put + "\x50\x01") == kv::parse_command(put));
  CHECK_FALSE(kv::parse_command(put.substr(0, put.size() - 1)));
  AnyMachine machine = kv::make();
  const auto result = kv::parse_result(machine.apply(put.substr(0, put.size() - 1)));
  REQUIRE(result);
  CHECK(result->status == kv::Status::BadCommand);
}

}  // namespace
}  // namespace lockstep::statemachine
