#include "transport/envelope.h"

#include <google/protobuf/message.h>

namespace lockstep::transport::detail {

std::uint32_t size_of(const google::protobuf::Message& message) {
  return static_cast<std::uint32_t>(message.ByteSizeLong());
}

}  // namespace lockstep::transport::detail
