// A03: writes results while it is being loaded, claims success and leaves. A08: brings functions of
// the harness's names, which would win if they were linked with it.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "transport/process/node_module.h"

int main() { return 0; }

namespace {
const struct Early {
  Early() {
    const int file = open(HOSTILE_RESULTS, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file >= 0 && write(file, "{\"score\": 100}", 14) > 0) close(file);
    std::puts("PASS");
    std::fflush(stdout);
    std::_Exit(0);
  }
} early;
}  // namespace

const lockstep::transport::NodeFactory* lockstep_node_factory() { return nullptr; }
