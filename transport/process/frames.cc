#include "transport/process/frames.h"

#include <fcntl.h>
#include <google/protobuf/message_lite.h>
#include <poll.h>
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

Frames::Frames(int in, int out, std::uint32_t limit, Patience patience)
    : in_(in), out_(out), limit_(limit), patience_(patience), incoming_(kFirstBuffer) {
  // Then a write that does not fit into the pipe can be waited for, too.
  if (patience_.count() > 0) fcntl(out_, F_SETFL, fcntl(out_, F_GETFL) | O_NONBLOCK);
}

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
    if (written < 0 && errno == EAGAIN) {
      if (const auto status = wait(out_, POLLOUT); status != FrameStatus::Ok) return status;
      continue;
    }
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
    if (const auto status = wait(in_, POLLIN); status != FrameStatus::Ok) return status;
    const ssize_t got = read(in_, incoming_.data() + have_, incoming_.size() - have_);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return FrameStatus::Closed;
    have_ += static_cast<std::size_t>(got);
  }
  return FrameStatus::Ok;
}

FrameStatus Frames::wait(int descriptor, short event) const {
  if (patience_.count() == 0) return FrameStatus::Ok;
  pollfd waited{descriptor, event, 0};
  for (;;) {
    const int ready = poll(&waited, 1, static_cast<int>(patience_.count()));
    if (ready < 0 && errno == EINTR) continue;
    return ready == 0 ? FrameStatus::Silent : FrameStatus::Ok;
  }
}

}  // namespace lockstep::transport
