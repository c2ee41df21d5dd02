// A private copy of a file that everybody may read and nobody may change: what a cage loads, whose
// user may not look into the folder where the original is.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace lockstep::transport {

class FileCopy {
 public:
  /// A copy in a folder of its own for temporary files, or why there is none.
  static std::variant<FileCopy, std::string> make(const std::string& original);
  FileCopy(FileCopy&& other) noexcept
      : folder_(std::exchange(other.folder_, {})), path_(std::exchange(other.path_, {})) {}
  FileCopy& operator=(FileCopy&&) = delete;
  ~FileCopy();

  const std::string& path() const { return path_; }

 private:
  FileCopy(std::string folder, std::string path)
      : folder_(std::move(folder)), path_(std::move(path)) {}

  std::string folder_;
  std::string path_;
};

}  // namespace lockstep::transport
