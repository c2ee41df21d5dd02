#include "transport/check.h"

#include <cstdio>
#include <cstdlib>

namespace lockstep::transport {

Whereabouts& whereabouts() {
  static Whereabouts here;
  return here;
}

void check_failed(const char* condition, const char* file, int line) {
  const Whereabouts& here = whereabouts();
  std::fprintf(stderr, "lockstep: check failed: %s\n  at %s:%d\n", condition, file, line);
  if (here.event != 0) {
    std::fprintf(stderr, "  node %s, event %llu, virtual time %lld us\n",
                 to_string(here.node).c_str(), static_cast<unsigned long long>(here.event),
                 static_cast<long long>(here.at.time_since_epoch().count() / 1000));
  }
  if (!here.replay.empty()) std::fprintf(stderr, "  replay: %s\n", here.replay.c_str());
  std::abort();
}

}  // namespace lockstep::transport
