#include "chaos/trace_format.h"

#include <fmt/core.h>
#include <zlib.h>

namespace lockstep::chaos {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kVersionBytes = 4;

std::uint32_t checksum_of(std::uint32_t before, std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

void add_word(std::string& bytes, std::uint32_t word) {
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(word >> shift);
}

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t index = 4; index-- > 0;) {
    word = word << 8 | static_cast<unsigned char>(bytes[at + index]);
  }
  return word;
}

}  // namespace

FrameWriter::FrameWriter() {
  bytes_ = kTraceMagic;
  add_word(bytes_, kTraceVersion);
}

void FrameWriter::add(FrameKind kind, std::string_view content) {
  bytes_ += static_cast<char>(kind);
  std::uint64_t length = content.size();
  for (; length >= 0x80; length >>= 7) bytes_ += static_cast<char>(length | 0x80);
  bytes_ += static_cast<char>(length);
  bytes_ += content;
  checksum_ = checksum_of(checksum_, std::string_view(bytes_).substr(checked_));
  add_word(bytes_, checksum_);
  checked_ = bytes_.size();
}

FrameError FrameReader::begin() {
  if (bytes_.substr(0, kTraceMagic.size()) != kTraceMagic) {
    const bool may_be = kTraceMagic.substr(0, bytes_.size()) == bytes_;
    return {0, may_be ? fmt::format("the file ends after {} bytes, inside a trace's first {}",
                                    bytes_.size(), kTraceMagic.size())
                      : "this is not a trace of Lockstep: expected the bytes 89 4c 54 52 0d 0a 1a "
                        "0a at its start"};
  }
  at_ = kTraceMagic.size();
  if (bytes_.size() < at_ + kVersionBytes) return ends_early("the format version");
  if (const auto version = word_at(bytes_, at_); version != kTraceVersion) {
    return {at_, fmt::format("the format version is {}, expected {}", version, kTraceVersion)};
  }
  at_ += kVersionBytes;
  checksum_ = checksum_of(0, bytes_.substr(0, at_));
  return {};
}

std::variant<Frame, FrameError> FrameReader::next() {
  const std::size_t start = at_;
  if (at_end()) return FrameError{at_, "the file ends here, expected a further frame"};
  const char kind = bytes_[start];
  if (kind != 'H' && kind != 'R' && kind != 'T') {
    return FrameError{start, fmt::format("a frame of kind {:#04x}, expected 'H', 'R' or 'T'",
                                         static_cast<unsigned char>(kind))};
  }
  std::size_t at = start + 1;
  std::uint64_t length = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (at == bytes_.size()) return ends_early("the length of a frame");
    if (shift > 35) return FrameError{start + 1, "the length of a frame has more than 6 bytes"};
    const auto group = static_cast<unsigned char>(bytes_[at++]);
    length |= static_cast<std::uint64_t>(group & 0x7F) << shift;
    if (group < 0x80) break;
  }
  if (bytes_.size() - at < length + kChecksumBytes) {
    return FrameError{start, fmt::format("a frame of {} bytes and its checksum, but only {} bytes "
                                         "are left: the file is truncated or damaged",
                                         length, bytes_.size() - at)};
  }
  const std::size_t end = at + length;
  checksum_ = checksum_of(checksum_, bytes_.substr(start, end - start));
  if (const auto stated = word_at(bytes_, end); stated != checksum_) {
    return FrameError{start, fmt::format("the frame that begins here is damaged: its checksum is "
                                         "{:08x}, expected {:08x}",
                                         checksum_, stated)};
  }
  at_ = end + kChecksumBytes;
  return Frame{static_cast<FrameKind>(kind), bytes_.substr(at, length), at};
}

FrameError FrameReader::ends_early(std::string_view inside) const {
  return {bytes_.size(), fmt::format("the file ends inside {}: it is truncated", inside)};
}

}  // namespace lockstep::chaos
