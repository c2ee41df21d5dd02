#include "tests/tidy/rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace lockstep::tests {
namespace {

constexpr std::size_t kLineMax = 100;
constexpr std::size_t kLinesMax = 400;

using Complaints = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

/// Which of our folders each folder may include: the arrows of the architecture.
const std::map<std::string, std::set<std::string>>& arrows() {
  static const std::map<std::string, std::set<std::string>> allowed{
      {"statemachine", {"statemachine"}},
      {"transport", {"transport", "statemachine"}},
      {"consensus", {"consensus", "transport", "statemachine"}},
      {"chaos", {"chaos", "transport", "statemachine"}},
      {"labs", {"labs", "chaos", "consensus", "transport", "statemachine"}},
      {"tests", {"tests", "labs", "chaos", "consensus", "transport", "statemachine"}}};
  return allowed;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.find('/')); }

bool starts_with(const std::string& text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

/// What a run is made of: its digest must be the same on every machine. Only hosting child
/// processes, generating code and forking workers may touch the machine.
bool is_on_simulated_path(const std::string& path) {
  const std::string folder = folder_of(path);
  if (starts_with(path, "transport/process/") || starts_with(path, "transport/generator/")) {
    return false;
  }
  return folder == "statemachine" || folder == "transport" || folder == "consensus" ||
         folder == "chaos";
}

void check_includes(const SourceFile& file, std::size_t number, const std::string& line,
                    Complaints& found) {
  static const std::regex kInclude("^\\s*#include\\s+[<\"]([^>\"]+)[>\"]");
  std::smatch match;
  if (!std::regex_search(line, match, kInclude)) return;
  const std::string target = match[1];
  const std::string from = folder_of(file.path);
  const std::string to = folder_of(target);
  const auto complain = [&](const std::string& what) {
    found.push_back(file.path + ":" + std::to_string(number) + ": " + what);
  };
  if (arrows().contains(from) && arrows().contains(to) && !arrows().at(from).contains(to)) {
    complain(from + " must not include " + to);
  }
  if (starts_with(file.path, "chaos/check/") && starts_with(target, "chaos/") &&
      !starts_with(target, "chaos/check/")) {
    complain("the checkers stand on their own: no other part of chaos");
  }
  if (starts_with(file.path, "chaos/check/") &&
      (starts_with(target, "asio") || starts_with(target, "spdlog"))) {
    complain("the checkers stand on their own: no Asio, no spdlog");
  }
  if (from == "consensus" && (starts_with(target, "asio") || target == "coroutine" ||
                              target == "transport/simulated/executor.h")) {
    complain("coroutine headers stay out of consensus: they cost seconds to compile");
  }
}

struct Ban {
  std::regex pattern;
  std::string reason;
};

const std::vector<Ban>& bans() {
  static const std::vector<Ban> all{
      {std::regex("\\bstd::(rand|srand|random_device|mt19937|mt19937_64|minstd_rand)\\b"),
       "draw with transport/random.h"},
      {std::regex("#include <(random|chrono_io|thread|future|cmath|math\\.h)>"),
       "not on the simulated path"},
      {std::regex("\\b\\w+_distribution\\b"), "distributions differ between libraries"},
      {std::regex("\\bstd::hash\\b"), "hash with statemachine/fold.h"},
      {std::regex("\\bunordered_(map|set|multimap|multiset)\\b"), "its order is not fixed"},
      {std::regex("\\b(system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday)"
                  "\\b"),
       "only a world knows the time"},
      {std::regex("\\b(std::thread|std::jthread|std::async|sleep_for|sleep_until|usleep)\\b"),
       "no threads and no sleeps"},
      {std::regex("\\b(float|double)\\b"), "integers only: floating point differs"},
      {std::regex("\\bstd::(map|set)<\\s*(const\\s+)?[\\w:]+\\s*\\*"),
       "order by address differs from run to run"}};
  return all;
}

void check_bans(const SourceFile& file, std::size_t number, const std::string& line,
                Complaints& found) {
  for (const auto& ban : bans()) {
    std::smatch match;
    if (!std::regex_search(line, match, ban.pattern)) continue;
    found.push_back(file.path + ":" + std::to_string(number) + ": " + match.str() + ": " +
                    ban.reason);
  }
}

/// Characters, not bytes: the continuation bytes of UTF-8 do not count.
std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  }));
}

void check_shape(const SourceFile& file, const std::vector<std::string>& lines, Complaints& found) {
  const auto complain = [&](std::size_t number, const std::string& what) {
    found.push_back(file.path + ":" + std::to_string(number) + ": " + what);
  };
  if (lines.size() > kLinesMax) {
    complain(lines.size(), "more than " + std::to_string(kLinesMax) + " lines: split by subject");
  }
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (columns(lines[at]) > kLineMax) complain(at + 1, "more than 100 columns");
    if (lines[at].find('\t') != std::string::npos) complain(at + 1, "a tab");
    if (!lines[at].empty() && lines[at].back() == ' ') complain(at + 1, "space at the end");
    if (std::regex_search(lines[at], std::regex("\\b(TO"
                                                "DO|FIX"
                                                "ME|X"
                                                "XX)\\b"))) {
      complain(at + 1, "unfinished business");
    }
  }
  if (file.path.ends_with(".h")) {
    if (file.text.find("#pragma once") == std::string::npos) complain(1, "no #pragma once");
    if (!starts_with(file.text, "// ")) complain(1, "a header begins with what it is for");
  }
}

void check_name(const SourceFile& file, Complaints& found) {
  static const std::regex kBanned("(^|[/_])(utils?|common|helpers?|misc|manager)([/_.]|$)");
  if (std::regex_search(file.path, kBanned)) {
    found.push_back(file.path + ":1: the name says nothing about the subject");
  }
}

/// Copies code and drops comments; strings keep their quotes only.
class Stripper {
 public:
  explicit Stripper(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return out_;
  }

 private:
  bool next_is(std::string_view what) const { return text_.substr(at_, what.size()) == what; }

  void skip_to(std::string_view end, std::size_t keep_from_end) {
    const auto found = text_.find(end, at_);
    const auto stop = found == std::string_view::npos ? text_.size() : found + end.size();
    for (; at_ < stop - std::min(stop - at_, keep_from_end); ++at_) {
      if (text_[at_] == '\n') out_ += '\n';
    }
  }

  void skip_literal(char quote) {
    out_ += quote;
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    out_ += quote;
    ++at_;
  }

  bool is_digit_separator() const {
    return at_ > 0 && std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0;
  }

  void step() {
    if (next_is("//")) return skip_to("\n", 1);
    if (next_is("/*")) return skip_to("*/", 0);
    if (next_is("R\"(")) return skip_to(")\"", 0);
    if (text_[at_] == '"' && !in_include_) return skip_literal('"');
    if (text_[at_] == '\'' && !is_digit_separator()) return skip_literal('\'');
    if (next_is("#include")) in_include_ = true;
    if (text_[at_] == '\n') in_include_ = false;
    out_ += text_[at_++];
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_include_ = false;
  std::string out_;
};

}  // namespace

std::string code_of(std::string_view text) { return Stripper(text).run(); }

std::vector<std::string> complaints(const SourceFile& file) {
  Complaints found;
  check_name(file, found);
  check_shape(file, lines_of(file.text), found);
  const auto code = lines_of(code_of(file.text));
  for (std::size_t at = 0; at < code.size(); ++at) {
    check_includes(file, at + 1, code[at], found);
    if (is_on_simulated_path(file.path)) check_bans(file, at + 1, code[at], found);
  }
  return found;
}

}  // namespace lockstep::tests
