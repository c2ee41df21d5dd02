#include "labs/outside/new_lab.h"

#include <fmt/core.h>

#include <fstream>
#include <iterator>

#include "labs/outside/made_solution.h"
#include "labs/outside/renaming.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

class Copy {
 public:
  Copy(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}

  /// The files of a folder, but not of folders in it.
  void folder(const fs::path& source, const fs::path& target) {
    std::error_code error;
    fs::create_directories(target, error);
    for (const auto& entry : fs::directory_iterator(source, error)) {
      const fs::path name = in_words(entry.path().filename().string());
      if (entry.is_regular_file()) file(entry.path(), target / name);
    }
    if (error) problem_ = fmt::format("{}: {}", source.string(), error.message());
  }

  /// All that makes a lab, as far as it is there.
  void lab(const fs::path& source, const fs::path& target) {
    folder(source, target);
    for (const char* part : {"starter", "solution", "mutants"}) {
      if (fs::exists(source / part)) folder(source / part, target / part);
    }
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
  if (!fs::exists(lab / "CMakeLists.txt", error)) {
    return fmt::format("{}: is missing; in a handout there is nothing to make new labs from",
                       (lab / "CMakeLists.txt").string());
  }
  const bool has_solution = fs::exists(lab / "solution", error);
  const fs::path elsewhere = with.source / "tests/labs" / (from + "_solution");
  const bool is_elsewhere = fs::exists(elsewhere, error);
  const fs::path script = solution_script(with.source, from);
  if (!has_solution && !is_elsewhere && !fs::exists(script, error)) {
    return fmt::format("{}: is missing, and a lab needs a solution", elsewhere.string());
  }
  if (auto problem = make_empty(out)) return problem->message;
  Copy copy(from, name);
  copy.lab(lab, out);
  if (has_solution) return copy.problem();
  if (is_elsewhere) {
    copy.folder(elsewhere, out / "solution");
    return copy.problem();
  }
  if (copy.problem()) return copy.problem();
  if (auto problem = make_solution(script, fs::absolute(out, error))) return problem;
  copy.folder(out / "solution", out / "solution");
  return copy.problem();
}

}  // namespace lockstep::labs
