#include "transport/process/remote.h"

namespace lockstep::transport {

NodeSpec spec_of(const Node& prototype) {
  const auto* remote = dynamic_cast<const RemoteNode*>(&prototype);
  return remote == nullptr ? NodeSpec{} : remote->spec();
}

}  // namespace lockstep::transport
