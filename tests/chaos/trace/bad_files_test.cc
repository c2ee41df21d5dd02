// Files that are no traces, or no longer: an error that says where, never a crash.
#include <doctest/doctest.h>

#include "chaos/trace_format.h"
#include "tests/chaos/trace/samples.h"

namespace lockstep::chaos {
namespace {

TraceError error_of(std::string bytes) {
  auto read = Trace::parse(std::move(bytes), "bad.trace");
  if (const auto* error = std::get_if<TraceError>(&read)) return *error;
  return {"", 0, ""};
}

bool says(const TraceError& error, const std::string& part) {
  return error.text().find(part) != std::string::npos;
}

struct OwnedFrame {
  FrameKind kind{};
  std::string content;
};

std::vector<OwnedFrame> frames_of(const std::string& bytes) {
  FrameReader reader(bytes);
  REQUIRE(reader.begin().message.empty());
  std::vector<OwnedFrame> frames;
  while (!reader.at_end()) {
    const auto next = reader.next();
    const auto& frame = std::get<Frame>(next);
    frames.push_back({frame.kind, std::string(frame.content)});
  }
  return frames;
}

/// A file with correct checksums, whatever is in it.
std::string framed(const std::vector<OwnedFrame>& frames) {
  FrameWriter writer;
  for (const auto& frame : frames) writer.add(frame.kind, frame.content);
  return writer.take();
}

/// The sample with one message in it changed.
template <class Message, class Change>
std::string forged(FrameKind kind, const Change& change) {
  auto frames = frames_of(small_trace());
  for (auto& frame : frames) {
    if (frame.kind != kind) continue;
    Message message;
    REQUIRE(message.ParseFromString(frame.content));
    change(message);
    frame.content = message.SerializeAsString();
    break;
  }
  return framed(frames);
}

TEST_CASE("a file of another kind is refused by name") {
  CHECK(says(error_of("{\"lockstep_history\": 1}"), "bad.trace: byte 0: this is not a trace"));
  CHECK(says(error_of(""), "ends after 0 bytes"));
  CHECK(says(error_of("\x89LT"), "ends after 3 bytes"));
  CHECK_FALSE(looks_like_trace("{}"));
  CHECK(looks_like_trace(small_trace()));
}

TEST_CASE("a file of another version is refused, with both versions") {
  std::string bytes = small_trace();
  bytes[kTraceMagic.size()] = 9;
  CHECK(says(error_of(bytes), "byte 8: the format version is 9, expected 1"));
}

TEST_CASE("a missing or unreadable file is an error that names it") {
  const auto missing = Trace::open("/nowhere/run.trace");
  REQUIRE(std::holds_alternative<TraceError>(missing));
  CHECK(says(std::get<TraceError>(missing), "/nowhere/run.trace: byte 0: cannot be read: No such"));
  CHECK(std::holds_alternative<TraceError>(Trace::open("/")));
}

TEST_CASE("a trace cut anywhere is refused, at a byte inside the file") {
  const std::string whole = small_trace({40, 1 << 20});
  REQUIRE(std::holds_alternative<Trace>(Trace::parse(whole, "whole")));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto error = error_of(whole.substr(0, size));
    CAPTURE(size);
    REQUIRE_FALSE(error.message.empty());
    REQUIRE(error.offset <= size);
  }
}

TEST_CASE("a trace with any one byte changed is refused") {
  const std::string whole = small_trace({40, 1 << 20});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      CAPTURE(at);
      REQUIRE_FALSE(error_of(damaged).message.empty());
    }
  }
}

TEST_CASE("contents changed under correct checksums are refused or printed, never fatal") {
  const auto frames = frames_of(small_trace({25, 1 << 20}));
  std::size_t refused = 0;
  for (std::size_t index = 0; index < frames.size(); ++index) {
    // The header's descriptors are long; every seventh byte of them is enough.
    const std::size_t stride = frames[index].kind == FrameKind::Header ? 7 : 1;
    for (std::size_t at = 0; at < frames[index].content.size(); at += stride) {
      auto changed = frames;
      auto& byte = changed[index].content[at];
      byte = static_cast<char>(byte ^ (at % 2 == 0 ? 0x11 : 0x04));
      auto read = Trace::parse(framed(changed), "forged");
      if (auto* trace = std::get_if<Trace>(&read)) {
        TraceFilter follow;
        follow.follow = RequestName{1, 1};
        printed(*trace);
        printed(*trace, follow);
        printed(*trace, {}, {120, true, true});
      } else {
        ++refused;
      }
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("frames that were taken out or swapped are noticed") {
  const std::string whole = small_trace();
  FrameReader reader(whole);
  REQUIRE(reader.begin().message.empty());
  std::vector<std::size_t> starts;
  while (!reader.at_end()) {
    starts.push_back(reader.offset());
    REQUIRE(std::holds_alternative<Frame>(reader.next()));
  }
  const auto part = [&](std::size_t index) {
    return whole.substr(starts[index], starts[index + 1] - starts[index]);
  };
  const std::string without = whole.substr(0, starts[3]) + whole.substr(starts[4]);
  CHECK(error_of(without).offset == starts[3]);
  const std::string swapped =
      whole.substr(0, starts[2]) + part(3) + part(2) + whole.substr(starts[4]);
  CHECK(error_of(swapped).offset == starts[2]);
}

TEST_CASE("a record that points nowhere is refused") {
  const auto forge = [](const auto& change) {
    return error_of(forged<TraceRecord>(FrameKind::Record, change));
  };
  CHECK(says(forge([](TraceRecord& record) { record.set_type(99); }), "names type 99"));
  CHECK(says(forge([](TraceRecord& record) { record.set_claim(99); }), "names claim kind 99"));
  CHECK(says(forge([](TraceRecord& record) { record.set_payload_of(1); }), "payload of record 1"));
  CHECK(
      says(forge([](TraceRecord& record) { record.add_change()->set_field(0); }), "names field 0"));
  CHECK(says(forge([](TraceRecord& record) { record.clear_kind(); }), "expected a known kind"));
  CHECK(says(forge([](TraceRecord& record) { record.set_kind(TraceRecord::OBSERVED); }),
             "without a claim"));
}

TEST_CASE("header and trailer must fit the records") {
  CHECK(says(error_of(forged<TraceTrailer>(FrameKind::Trailer,
                                           [](TraceTrailer& end) { end.set_records(7); })),
             "the trailer counts 7 records, but there are"));
  CHECK(says(error_of(forged<TraceHeader>(FrameKind::Header,
                                          [](TraceHeader& head) { head.clear_types(); })),
             "the header's types lack the payload type lockstep."));
  auto frames = frames_of(small_trace());
  std::swap(frames[0], frames[1]);
  CHECK(says(error_of(framed(frames)), "expected the header before any record"));
  frames = frames_of(small_trace());
  frames.push_back(frames[1]);
  CHECK(says(error_of(framed(frames)), "bytes after the trailer"));
  frames = frames_of(small_trace());
  frames.insert(frames.begin() + 1, frames[0]);
  CHECK(says(error_of(framed(frames)), "a second header"));
}

}  // namespace
}  // namespace lockstep::chaos
