// Alone in its file, so that a program for a lab outside our tree can be linked with another.
#include <cstdlib>

#include "labs/workspace/workspace.h"

namespace lockstep::labs {

namespace {

std::string environment_or(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

}  // namespace

Toolchain toolchain() {
  return {environment_or("LOCKSTEP_TOOLCHAIN", LOCKSTEP_TOOLCHAIN_FILE),
          environment_or("LOCKSTEP_ROOT", LOCKSTEP_SOURCE_ROOT)};
}

}  // namespace lockstep::labs
