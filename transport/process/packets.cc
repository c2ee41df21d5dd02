#include "transport/process/packets.h"

#include <google/protobuf/message_lite.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace lockstep::transport {
namespace {

constexpr std::size_t kPacketMax = 128 * 1024;
constexpr std::size_t kDescriptorsMax = 8;

/// Room for descriptors in the form in which the kernel passes them.
struct Cargo {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptorsMax * sizeof(int))> bytes{};
};

void load(msghdr& header, Cargo& cargo, const std::vector<int>& descriptors) {
  if (descriptors.empty()) return;
  const std::size_t bytes = descriptors.size() * sizeof(int);
  header.msg_control = cargo.bytes.data();
  header.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* item = CMSG_FIRSTHDR(&header);
  item->cmsg_level = SOL_SOCKET;
  item->cmsg_type = SCM_RIGHTS;
  item->cmsg_len = CMSG_LEN(bytes);
  std::memcpy(CMSG_DATA(item), descriptors.data(), bytes);
}

std::vector<Descriptor> unload(msghdr& header) {
  std::vector<Descriptor> descriptors;
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t at = 0; at < count; ++at) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(item) + at * sizeof number, sizeof number);
      descriptors.emplace_back(number);
    }
  }
  return descriptors;
}

}  // namespace

bool send_packet(int socket, const google::protobuf::MessageLite& message,
                 const std::vector<int>& descriptors) {
  std::string bytes = message.SerializeAsString();
  // An empty packet could not be told from the end.
  bytes.push_back('\0');
  if (bytes.size() > kPacketMax || descriptors.size() > kDescriptorsMax) return false;
  iovec part{bytes.data(), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  Cargo cargo;
  load(header, cargo, descriptors);
  ssize_t sent = -1;
  do {
    sent = sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

std::optional<std::vector<Descriptor>> receive_packet(int socket,
                                                      google::protobuf::MessageLite& message) {
  ssize_t size = -1;
  do {
    size = recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(size), '\0');
  iovec part{bytes.data(), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  Cargo cargo;
  header.msg_control = cargo.bytes.data();
  header.msg_controllen = cargo.bytes.size();
  ssize_t got = -1;
  do {
    got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  auto descriptors = unload(header);
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(got) - 1)) return std::nullopt;
  return descriptors;
}

}  // namespace lockstep::transport
