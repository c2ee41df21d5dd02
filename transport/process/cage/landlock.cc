#include "transport/process/cage/landlock.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "transport/process/pipes.h"

namespace lockstep::transport {
namespace {

// From the kernel's documentation of Landlock; the numbers never change.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr unsigned kAskForVersion = 1;
constexpr int kRuleForPath = 1;

constexpr std::uint64_t kExecute = 1u << 0;
constexpr std::uint64_t kWriteFile = 1u << 1;
constexpr std::uint64_t kReadFile = 1u << 2;
constexpr std::uint64_t kReadFolder = 1u << 3;
constexpr std::uint64_t kAllOfVersion1 = (1u << 13) - 1;
constexpr std::uint64_t kMove = 1u << 13;
constexpr std::uint64_t kTruncate = 1u << 14;
constexpr std::uint64_t kDeviceControl = 1u << 15;
constexpr std::uint64_t kAllOfNetwork = 3;
constexpr std::uint64_t kAllOfScopes = 3;

struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scopes;
};

struct __attribute__((packed)) PathRule {
  std::uint64_t allowed;
  std::int32_t parent;
};

std::uint64_t file_rights(int version) {
  std::uint64_t rights = kAllOfVersion1;
  if (version >= 2) rights |= kMove;
  if (version >= 3) rights |= kTruncate;
  if (version >= 5) rights |= kDeviceControl;
  return rights;
}

/// Older kernels refuse a longer structure than they know.
std::size_t size_of_ruleset(int version) {
  if (version >= 6) return sizeof(Ruleset);
  return version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

bool allow(int ruleset, const std::string& path, std::uint64_t rights) {
  const Descriptor place{open(path.c_str(), O_PATH | O_CLOEXEC)};
  if (!place) return errno == ENOENT;
  struct stat found {};
  if (fstat(place.get(), &found) != 0) return false;
  if (!S_ISDIR(found.st_mode)) rights &= kExecute | kReadFile | kWriteFile | kTruncate;
  const PathRule rule{rights, place.get()};
  return syscall(kAddRule, ruleset, kRuleForPath, &rule, 0) == 0;
}

/// 0 is none.
int version_of_kernel() {
  const long version = syscall(kCreateRuleset, nullptr, 0, kAskForVersion);
  return version < 0 ? 0 : static_cast<int>(version);
}

}  // namespace

std::string file_rules_problem() {
  return version_of_kernel() == 0 ? "the kernel has no Landlock" : "";
}

std::string restrict_files(const FileRules& rules) {
  const int version = version_of_kernel();
  if (version == 0) return file_rules_problem();
  const std::uint64_t all = file_rights(version);
  const Ruleset wanted{all, kAllOfNetwork, kAllOfScopes};
  const Descriptor ruleset{
      static_cast<int>(syscall(kCreateRuleset, &wanted, size_of_ruleset(version), 0))};
  if (!ruleset) return fmt::format("no Landlock rules: {}", std::strerror(errno));
  for (const auto& path : rules.readable) {
    if (!allow(ruleset.get(), path, kExecute | kReadFile | kReadFolder)) {
      return fmt::format("no Landlock rule for {}: {}", path, std::strerror(errno));
    }
  }
  for (const auto& path : rules.writable) {
    if (!allow(ruleset.get(), path, all & ~kDeviceControl)) {
      return fmt::format("no Landlock rule for {}: {}", path, std::strerror(errno));
    }
  }
  if (syscall(kRestrictSelf, ruleset.get(), 0) != 0) {
    return fmt::format("Landlock is not in force: {}", std::strerror(errno));
  }
  return {};
}

}  // namespace lockstep::transport
