#include "labs/workspace/editor.h"

#include <fmt/core.h>

#include <fstream>
#include <iterator>

#include "labs/workspace/replace_all.h"

namespace lockstep::labs {

namespace fs = std::filesystem;

namespace {

/// As it stands between the quotes of a JSON text.
std::string in_json(const std::string& text) {
  std::string escaped;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') escaped += '\\';
    escaped += letter;
  }
  return escaped;
}

}  // namespace

std::optional<WorkspaceError> write_editor_files(const std::string& lab, const fs::path& root,
                                                 const Toolchain& with) {
  const fs::path templates = with.source / "labs/workspace/editor";
  const auto write = [&](const char* from, const fs::path& to) -> std::optional<WorkspaceError> {
    std::ifstream in(templates / from);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in) {
      return WorkspaceError{fmt::format("{}: cannot be read", (templates / from).string())};
    }
    replace_all(text, "@ROOT@", in_json(with.source.string()));
    replace_all(text, "@LAB@", lab);
    std::error_code error;
    fs::create_directories(to.parent_path(), error);
    if (std::ofstream(to) << text) return std::nullopt;
    return WorkspaceError{fmt::format("{}: cannot be written", to.string())};
  };
  if (auto error = write("tasks.json", root / ".vscode" / "tasks.json")) return error;
  return write("clangd.yaml", root / ".clangd");
}

}  // namespace lockstep::labs
