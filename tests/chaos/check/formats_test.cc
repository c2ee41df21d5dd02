// What all formats share: recognition by content, gzip, and input from hell.
#include <doctest/doctest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "tests/chaos/check/parsing.h"
#include "tests/chaos/check/simulated_history.h"

namespace lockstep::chaos {
namespace {

const std::string kLog =
    "INFO  jepsen.util - 0\t:invoke\t:write\t1\n"
    "INFO  jepsen.util - 0\t:ok\t:write\t1\n";
const std::string kRead = "register\n0-1 client 0  write \"1\" -> ok\n";

std::string gzip(const std::string& content) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::vector<unsigned char> input(content.begin(), content.end());
  std::vector<unsigned char> output(content.size() + 1024);
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = output.data();
  stream.avail_out = static_cast<uInt>(output.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  const auto size = output.size() - stream.avail_out;
  deflateEnd(&stream);
  return std::string(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(size));
}

TEST_CASE("the format shows in the content") {
  CHECK(read_as(kLog) == kRead);
  CHECK(read_as("\xEF\xBB\xBF\n" + kLog) == kRead);
  CHECK(read_as("; a comment\n{:process 0 :type :invoke :f :write :value 1}"
                "{:process 0 :type :ok :f :write :value 1}") == kRead);
  CHECK(read_as("{ \"lockstep_history\": 1, \"machine\": \"register\" }\n"
                "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":1}\n\n"
                "{\"process\":0,\"type\":\"ok\",\"f\":\"write\"}\n") == kRead);
}

TEST_CASE("gzip is unpacked, also in several members") {
  CHECK(read_as(gzip(kLog)) == kRead);
  const std::size_t half = kLog.find('\n') + 1;
  CHECK(read_as(gzip(kLog.substr(0, half)) + gzip(kLog.substr(half))) == kRead);
}

TEST_CASE("damaged gzip is an error") {
  const std::string packed = gzip(kLog);
  for (std::size_t size = 2; size < packed.size(); ++size) {
    CHECK(read_as(packed.substr(0, size)) == "file: damaged gzip: the data end too early");
  }
  std::string flipped = packed;
  flipped[packed.size() - 5] = static_cast<char>(flipped[packed.size() - 5] ^ 1);
  CHECK(read_as(flipped) == "file: damaged gzip: incorrect data check");
  CHECK(read_as(packed + "rest").starts_with("file: damaged gzip"));
}

TEST_CASE("a small file cannot unpack to fill the memory") {
  const std::string member = gzip(std::string(std::size_t{1} << 20, ' '));
  std::string bomb;
  for (int times = 0; times < 300; ++times) bomb += member;
  CHECK(bomb.size() < 1 << 20);
  CHECK(read_as(bomb) == "file: unpacks to more than 268435456 bytes");
}

TEST_CASE("empty files and garbage are errors") {
  CHECK(read_as("") == "file: empty; expected a history");
  CHECK(read_as(" \n\t\n") == "file: empty; expected a history");
  CHECK(read_as(gzip("")) == "file: empty; expected a history");
  CHECK(read_as(kLog + std::string("a\0b", 3)) == "file:3: a zero byte; expected text");
  CHECK(read_as("\x7F"
                "ELF")
            .starts_with("file:1: expected a log line"));
  CHECK(read_as("hello").starts_with("file:1: expected a log line"));
}

TEST_CASE("a file that cannot be read is an error") {
  for (const char* path : {"/does/not/exist", "/"}) {
    const auto parsed = read_history(path);
    const auto* error = std::get_if<FormatError>(&parsed);
    REQUIRE(error != nullptr);
    CHECK(error->file == path);
    CHECK(error->line == 0);
  }
}

TEST_CASE("no way to damage a file crashes the reader") {
  const std::vector<std::string> good = {
      write_json_lines(simulate({.operations = 12, .keys = 1}, 1)),
      kLog + "INFO  jepsen.util - 1\t:invoke\t:cas\t[0 \"a\\n\"]\n",
      "[#op{:process 0, :type :invoke, :f :append, :key \"0\", :value \"x\"}"
      "{:process 0, :type :ok, :f :append, :key \"0\", :value \"x\"}]",
      gzip(kLog)};
  Dice dice(1);
  int accepted = 0;
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = good[static_cast<std::size_t>(round) % good.size()];
    for (std::uint64_t edits = dice.roll(3); edits > 0; --edits) {
      const std::size_t at = dice.roll(text.size());
      const auto byte = static_cast<char>(dice.roll(256));
      if (dice.roll(3) == 0)
        text.erase(at, dice.roll(20));
      else if (dice.roll(2) == 0)
        text.insert(at, 1, "{}[]()\"\\:#,\n\t 0"[dice.roll(15)]);
      else
        text[at] = byte;
      if (text.empty()) text = " ";
    }
    const auto parsed = parse_history(text, "file");
    ++(std::holds_alternative<History>(parsed) ? accepted : refused);
  }
  CHECK(accepted > 100);
  CHECK(refused > 100);
}

}  // namespace
}  // namespace lockstep::chaos
