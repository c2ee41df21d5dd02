// How a trace file is framed: magic and version, then frames, each with a checksum of everything
// before it. A frame is a kind, the length of its content (base 128, least significant group
// first), the content, and the CRC-32 of all bytes of the file up to there, least significant byte
// first. The checksums themselves are left out of it: a CRC over its own value is always the same.
// So a flipped bit, a missing end and a frame from elsewhere all show, and show where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace lockstep::chaos {

enum class FrameKind : char { Header = 'H', Record = 'R', Trailer = 'T' };

/// What every trace begins with. It is neither text nor survives a conversion of line ends.
inline constexpr std::string_view kTraceMagic{"\x89LTR\r\n\x1a\n", 8};
inline constexpr std::uint32_t kTraceVersion = 1;

/// Appends frames to a file's bytes.
class FrameWriter {
 public:
  /// Begins a file.
  FrameWriter();
  void add(FrameKind kind, std::string_view content);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  std::uint32_t checksum_ = 0;
  std::size_t checked_ = 0;
};

struct Frame {
  FrameKind kind{};
  std::string_view content;  ///< points into the file's bytes
  std::uint64_t offset = 0;  ///< of the content
};

/// What is wrong with a file's bytes, and where.
struct FrameError {
  std::uint64_t offset = 0;
  std::string message;
};

/// Takes a file's bytes apart, from the start to the end.
class FrameReader {
 public:
  /// Requires: the bytes outlive the reader and its frames.
  explicit FrameReader(std::string_view bytes) : bytes_(bytes) {}

  /// Reads magic and version. Nothing is wrong if the message is empty.
  FrameError begin();

  /// The next frame, its checksum verified.
  std::variant<Frame, FrameError> next();

  std::uint64_t offset() const { return at_; }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  FrameError ends_early(std::string_view inside) const;

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::uint32_t checksum_ = 0;
};

}  // namespace lockstep::chaos
