// Attacks through sockets: calling home, or the grader.
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/hostile/attacks.h"

namespace lockstep::tests {
namespace {

bool opens(int family, int type, int protocol = 0) {
  const int made = socket(family, type, protocol);
  if (made >= 0) close(made);
  return made >= 0;
}

std::string open_sockets(const Target&) {
  Attempts attempts;
  attempts("tcp", opens(AF_INET, SOCK_STREAM));
  attempts("udp", opens(AF_INET, SOCK_DGRAM));
  attempts("tcp6", opens(AF_INET6, SOCK_STREAM));
  attempts("raw", opens(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  attempts("unix", opens(AF_UNIX, SOCK_STREAM));
  attempts("netlink", opens(AF_NETLINK, SOCK_RAW));
  attempts("packet", opens(AF_PACKET, SOCK_RAW));
  attempts("vsock", opens(AF_VSOCK, SOCK_STREAM));
  attempts("crypto", opens(AF_ALG, SOCK_SEQPACKET));
  return attempts.answer();
}

std::string call_referee(const Target& target) {
  Attempts attempts;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(target.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int descriptor = 0; descriptor < 64; ++descriptor) {
    attempts("connected",
             connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  const int made = socket(AF_INET, SOCK_STREAM, 0);
  attempts("called", made >= 0 && connect(made, reinterpret_cast<const sockaddr*>(&address),
                                          sizeof address) == 0);
  return attempts.answer();
}

std::string look_names_up(const Target&) {
  Attempts attempts;
  addrinfo* found = nullptr;
  attempts("name", getaddrinfo("localhost", "80", nullptr, &found) == 0);
  return attempts.answer();
}

}  // namespace

Attacks attacks_on_networks() {
  return {{"S59_open_sockets", open_sockets},
          {"S61_call_referee", call_referee},
          {"S62_look_names_up", look_names_up}};
}

}  // namespace lockstep::tests
