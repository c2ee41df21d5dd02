#include "transport/process/pipes.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace lockstep::transport {

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

std::optional<Pipe> open_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Descriptor{ends[0]}, Descriptor{ends[1]}};
}

void close_between(int first, int last) {
  if (first > last) return;
  if (close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0) return;
  const int end = static_cast<int>(sysconf(_SC_OPEN_MAX));
  for (int descriptor = first; descriptor <= std::min(last, end); ++descriptor) close(descriptor);
}

void close_from(int first) { close_between(first, std::numeric_limits<int>::max()); }

}  // namespace lockstep::transport
