// Protobuf messages as packets on a local socket, with descriptors beside them.
#pragma once

#include <optional>
#include <vector>

#include "transport/process/pipes.h"

namespace google::protobuf {
class MessageLite;
}

namespace lockstep::transport {

/// False if the other end is gone or the message does not fit into a packet.
bool send_packet(int socket, const google::protobuf::MessageLite& message,
                 const std::vector<int>& descriptors = {});

/// Waits for one packet and gives the descriptors that came with it; nothing if the other end is
/// gone or the packet is no such message.
std::optional<std::vector<Descriptor>> receive_packet(int socket,
                                                      google::protobuf::MessageLite& message);

}  // namespace lockstep::transport
