// Which files a process may touch, by Landlock: rules that it and its descendants never get rid of.
// Raw system calls, because Debian 12 has headers of an older Landlock than most kernels.
#pragma once

#include <string>
#include <vector>

namespace lockstep::transport {

struct FileRules {
  std::vector<std::string> readable;  ///< files and folders, to be executed as well
  std::vector<std::string> writable;  ///< folders
};

/// Empty if the kernel has Landlock, otherwise the reason why files cannot be restricted.
std::string file_rules_problem();

/// From now on this process touches nothing but these files; where the kernel can, it neither
/// connects nor binds TCP ports, nor signals processes outside. Empty if that is in force,
/// otherwise the reason why it is not. Paths that do not exist are passed over.
/// Requires: no_new_privs, or root.
std::string restrict_files(const FileRules& rules);

}  // namespace lockstep::transport
