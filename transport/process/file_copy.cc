#include "transport/process/file_copy.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace lockstep::transport {

std::variant<FileCopy, std::string> FileCopy::make(const std::string& original) {
  constexpr mode_t kSearchable = 0755;
  constexpr mode_t kReadable = 0555;
  std::error_code error;
  const auto place = std::filesystem::temp_directory_path(error);
  std::string folder = (error ? std::string("/tmp") : place.string()) + "/lockstep-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return fmt::format("{}: {}", folder, std::strerror(errno));
  const std::string path = folder + "/" + std::filesystem::path(original).filename().string();
  FileCopy copy(folder, path);
  if (!std::filesystem::copy_file(original, path, error)) {
    return fmt::format("{}: {}", original, error.message());
  }
  if (chmod(folder.c_str(), kSearchable) != 0 || chmod(path.c_str(), kReadable) != 0) {
    return fmt::format("{}: {}", path, std::strerror(errno));
  }
  return copy;
}

FileCopy::~FileCopy() {
  if (folder_.empty()) return;
  unlink(path_.c_str());
  rmdir(folder_.c_str());
}

}  // namespace lockstep::transport
