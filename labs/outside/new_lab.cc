#include "labs/outside/new_lab.h"

#include <fmt/core.h>

#include <fstream>
#include <iterator>

#include "labs/outside/renaming.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

class Copy {
 public:
  Copy(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}

  /// All files of a folder, but for build results.
  void folder(const fs::path& source, const fs::path& target) {
    std::error_code error;
    fs::create_directories(target, error);
    for (const auto& entry : fs::directory_iterator(source, error)) {
      const std::string name = entry.path().filename().string();
      if (name == ".lockstep") continue;
      if (entry.is_directory()) {
        folder(entry.path(), target / name);
      } else {
        file(entry.path(), target / in_words(name));
      }
    }
    if (error) problem_ = fmt::format("{}: {}", source.string(), error.message());
  }

  const std::optional<std::string>& problem() const { return problem_; }

 private:
  /// The sample is about nothing else than being copied.
  std::string in_words(const std::string& text) const {
    return from_ == kSampleLab ? renamed_everywhere(text, from_, to_) : renamed(text, from_, to_);
  }

  void file(const fs::path& source, const fs::path& target) {
    std::ifstream in(source, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    std::ofstream out(target, std::ios::binary);
    out << in_words(text);
    if (!in || !out.flush()) problem_ = fmt::format("{}: cannot be copied", source.string());
  }

  std::string from_;
  std::string to_;
  std::optional<std::string> problem_;
};

}  // namespace

std::optional<std::string> write_new_lab(const std::string& name, const std::string& from,
                                         const fs::path& out, const Toolchain& with) {
  if (auto problem = lab_name_problem(name); !problem.empty()) return problem;
  std::error_code error;
  const fs::path lab = with.source / "labs" / from;
  if (name != from && fs::exists(with.source / "labs" / name, error)) {
    return fmt::format("\"{}\" is taken by a folder of ours; choose another name", name);
  }
  const bool has_solution = fs::exists(lab / "solution", error);
  const fs::path elsewhere = with.source / "tests/labs" / (from + "_solution");
  if (!fs::exists(lab / "CMakeLists.txt", error)) {
    return fmt::format("{}: is missing; in a handout there is nothing to make new labs from",
                       (lab / "CMakeLists.txt").string());
  }
  if (!has_solution && !fs::exists(elsewhere, error)) {
    return fmt::format("{}: is missing, and a lab needs a solution", elsewhere.string());
  }
  if (auto problem = make_empty(out)) return problem->message;
  Copy copy(from, name);
  copy.folder(lab, out);
  if (!has_solution) copy.folder(elsewhere, out / "solution");
  return copy.problem();
}

}  // namespace lockstep::labs
