// Length-delimited Protobuf messages over a pair of pipes: four bytes of length, least significant
// first, then the message. One write and usually one read per frame; buffers are kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace google::protobuf {
class MessageLite;
}

namespace lockstep::transport {

enum class FrameStatus : std::uint8_t {
  Ok,
  Closed,     ///< the other end is gone, perhaps in the middle of a frame
  TooLong,    ///< the length is beyond the limit
  Malformed,  ///< not a message of the expected type, or more than one frame
  Silent,     ///< the other end made no progress for too long
};

/// One end of a conversation in which frames strictly alternate.
class Frames {
 public:
  /// How long the other end may take; zero waits for ever.
  using Patience = std::chrono::milliseconds;

  /// Takes over both descriptors. No frame longer than `limit` bytes is read or written.
  /// Requires: SIGPIPE is ignored, if the other end may die.
  Frames(int in, int out, std::uint32_t limit, Patience patience = {});
  ~Frames();
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;

  FrameStatus send(const google::protobuf::MessageLite& message);

  /// Waits for one frame.
  FrameStatus receive(google::protobuf::MessageLite& message);

 private:
  static constexpr std::size_t kHeader = 4;

  FrameStatus fill(std::size_t wanted);
  FrameStatus wait(int descriptor, short event) const;

  int in_;
  int out_;
  std::uint32_t limit_;
  Patience patience_;
  std::size_t have_ = 0;  ///< bytes of the frame that is being read
  std::vector<char> incoming_;
  std::vector<char> outgoing_;
};

}  // namespace lockstep::transport
