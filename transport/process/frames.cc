#include "transport/process/frames.h"

#include <google/protobuf/message_lite.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace lockstep::transport {

namespace {
constexpr std::size_t kFirstBuffer = 64 * 1024;
static_assert(std::endian::native == std::endian::little, "the length is sent as it lies");
}  // namespace

Frames::Frames(int in, int out, std::uint32_t limit)
    : in_(in), out_(out), limit_(limit), incoming_(kFirstBuffer) {}

Frames::~Frames() {
  close(in_);
  close(out_);
}

FrameStatus Frames::send(const google::protobuf::MessageLite& message) {
  const std::size_t bytes = message.ByteSizeLong();
  if (bytes > limit_) return FrameStatus::TooLong;
  const auto length = static_cast<std::uint32_t>(bytes);
  const std::size_t total = kHeader + bytes;
  if (outgoing_.size() < total) outgoing_.resize(std::max(total, kFirstBuffer));
  std::memcpy(outgoing_.data(), &length, kHeader);
  message.SerializeWithCachedSizesToArray(
      reinterpret_cast<std::uint8_t*>(outgoing_.data() + kHeader));
  for (std::size_t sent = 0; sent < total;) {
    const ssize_t written = write(out_, outgoing_.data() + sent, total - sent);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return FrameStatus::Closed;
    sent += static_cast<std::size_t>(written);
  }
  return FrameStatus::Ok;
}

FrameStatus Frames::receive(google::protobuf::MessageLite& message) {
  have_ = 0;
  if (const auto status = fill(kHeader); status != FrameStatus::Ok) return status;
  std::uint32_t length = 0;
  std::memcpy(&length, incoming_.data(), kHeader);
  if (length > limit_) return FrameStatus::TooLong;
  const std::size_t total = kHeader + length;
  if (const auto status = fill(total); status != FrameStatus::Ok) return status;
  if (have_ > total) return FrameStatus::Malformed;
  const bool parsed = message.ParseFromArray(incoming_.data() + kHeader, static_cast<int>(length));
  return parsed ? FrameStatus::Ok : FrameStatus::Malformed;
}

FrameStatus Frames::fill(std::size_t wanted) {
  if (incoming_.size() < wanted) incoming_.resize(wanted);
  while (have_ < wanted) {
    const ssize_t got = read(in_, incoming_.data() + have_, incoming_.size() - have_);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return FrameStatus::Closed;
    have_ += static_cast<std::size_t>(got);
  }
  return FrameStatus::Ok;
}

}  // namespace lockstep::transport
