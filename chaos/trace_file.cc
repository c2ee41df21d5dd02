// Traces as files: written whole or not at all.
#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "chaos/trace.h"
#include "chaos/trace_format.h"

namespace lockstep::chaos {

std::optional<std::string> write_trace(const std::string& path, std::string_view bytes) {
  const std::string partial = path + ".partial";
  std::FILE* file = std::fopen(partial.c_str(), "wb");
  if (file == nullptr) {
    return fmt::format("{}: cannot be written: {}", partial, std::strerror(errno));
  }
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int problem = errno;
  if (std::fclose(file) != 0 || !written) {
    const int reason = written ? errno : problem;
    std::remove(partial.c_str());
    return fmt::format("{}: cannot be written: {}", partial, std::strerror(reason));
  }
  if (std::rename(partial.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    std::remove(partial.c_str());
    return fmt::format("{}: cannot be written: {}", path, std::strerror(reason));
  }
  return {};
}

std::variant<Trace, TraceError> Trace::open(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  if (!in || !(bytes << in.rdbuf())) {
    const std::string reason = errno == 0 ? "it is empty" : std::strerror(errno);
    return TraceError{path, 0, fmt::format("cannot be read: {}", reason)};
  }
  return parse(std::move(bytes).str(), path);
}

std::string TraceError::text() const {
  return fmt::format("{}: byte {}: {}", file, offset, message);
}

bool looks_like_trace(std::string_view bytes) { return bytes.starts_with(kTraceMagic); }

}  // namespace lockstep::chaos
