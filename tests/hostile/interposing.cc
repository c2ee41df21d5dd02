// A08: functions of the C library's and of the framework's names. Whoever calls them from outside
// this module must get the real ones: the harness that serves this node, above all.
#include <unistd.h>

#include <cstdlib>

#include "tests/hostile/hostile_node.h"
#include "transport/process/frames.h"
#include "transport/process/node_module.h"
#include "transport/process/serve.h"

extern "C" {
[[gnu::visibility("default")]] int close_range(unsigned, unsigned, int) { std::abort(); }
[[gnu::visibility("default")]] ssize_t write(int, const void*, size_t) { std::abort(); }
[[gnu::visibility("default")]] int poll(void*, unsigned long, int) { std::abort(); }
}

int main() { std::abort(); }

namespace lockstep::transport {
int serve(Node&, Frames&) { std::abort(); }
int serve_nodes(const NodeFactory&, Frames&) { std::abort(); }
}  // namespace lockstep::transport
