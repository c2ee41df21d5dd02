#include "labs/workspace/workspace.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "labs/workspace/editor.h"

namespace lockstep::labs {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// A plain name inside the folder, so that a build file may contain it as it is.
bool is_plain(const std::string& name, const std::string& suffix) {
  static const std::regex kPlain("[A-Za-z0-9_][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)+");
  return name.ends_with(suffix) && std::regex_match(name, kPlain);
}

std::optional<std::string> read_names(const json& all, const char* field, const fs::path& root,
                                      const std::string& suffix, std::vector<std::string>& names) {
  if (!all.contains(field) || !all[field].is_array()) {
    return fmt::format("\"{}\" is missing, or no list", field);
  }
  for (const auto& name : all[field]) {
    if (!name.is_string() || !is_plain(name.get<std::string>(), suffix)) {
      return fmt::format("\"{}\": {} is no plain name that ends in {}", field, name.dump(), suffix);
    }
    names.push_back(name.get<std::string>());
    if (!is_plain_file(root / names.back())) {
      return fmt::format("\"{}\": there is no file {} beside it", field, names.back());
    }
  }
  return std::nullopt;
}

std::optional<std::string> read_text(const json& all, const char* field, std::string& text) {
  if (!all.contains(field) || !all[field].is_string()) {
    return fmt::format("\"{}\" is missing, or no text", field);
  }
  text = all[field].get<std::string>();
  static const std::regex kWord("[A-Za-z0-9_.-]+");
  if (std::regex_match(text, kWord)) return std::nullopt;
  return fmt::format("\"{}\": expected letters, digits, _, - and .", field);
}

/// A student who adds a header need not list it.
std::vector<std::string> headers_in(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    const std::string name = entry.path().filename();
    if (is_plain(name, ".h") && is_plain_file(entry.path())) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

bool is_plain_file(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(fs::symlink_status(file, ignored));
}

std::variant<Workspace, WorkspaceError> open_workspace(const fs::path& root) {
  const fs::path file = root / "lab.json";
  std::ifstream in(file);
  if (!in) {
    return WorkspaceError{fmt::format(
        "{}: cannot be read; `lockstep lab start LAB` makes a folder for a lab", file.string())};
  }
  const json all = json::parse(in, nullptr, false);
  if (!all.is_object()) {
    return WorkspaceError{fmt::format("{}: is no JSON object", file.string())};
  }
  Workspace workspace;
  std::error_code error;
  workspace.root = fs::canonical(root, error);
  std::optional<std::string> problem = read_text(all, "lab", workspace.lab);
  if (!problem) problem = read_text(all, "version", workspace.version);
  if (!problem) problem = read_names(all, "sources", root, ".cc", workspace.sources);
  if (!problem) problem = read_names(all, "messages", root, ".proto", workspace.messages);
  if (!problem && all.contains("files")) {
    problem = read_names(all, "files", root, "", workspace.files);
  }
  workspace.headers = headers_in(root);
  if (!problem && workspace.sources.empty()) problem = "\"sources\": expected at least one file";
  if (problem) return WorkspaceError{fmt::format("{}: {}", file.string(), *problem)};
  return workspace;
}

std::vector<std::string> Workspace::submitted() const {
  std::vector<std::string> names = sources;
  for (const auto* more : {&messages, &headers, &files}) {
    names.insert(names.end(), more->begin(), more->end());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<WorkspaceError> make_empty(const fs::path& folder) {
  std::error_code error;
  const bool exists = fs::exists(folder, error);
  if (exists && (!fs::is_directory(folder, error) || !fs::is_empty(folder, error))) {
    return WorkspaceError{fmt::format("{}: is not empty; nothing was written", folder.string())};
  }
  fs::create_directories(folder, error);
  if (!error) return std::nullopt;
  return WorkspaceError{fmt::format("{}: cannot be made: {}", folder.string(), error.message())};
}

std::optional<WorkspaceError> start_workspace(const std::string& lab, const fs::path& root,
                                              const Toolchain& with) {
  const fs::path starter = with.source / "labs" / lab / "starter";
  if (auto problem = make_empty(root)) return problem;
  std::error_code error;
  fs::copy(starter, root, fs::copy_options::recursive, error);
  const fs::path handout = with.source / "labs" / lab / "README.md";
  if (!error && fs::exists(handout)) fs::copy_file(handout, root / "README.md", error);
  if (error) {
    return WorkspaceError{fmt::format("{}: cannot be made from {}: {}", root.string(),
                                      starter.string(), error.message())};
  }
  return write_editor_files(lab, root, with);
}

}  // namespace lockstep::labs
