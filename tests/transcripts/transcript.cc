#include "tests/transcripts/transcript.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace lockstep::tests {
namespace {

bool rewrites = false;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string path_of(std::string_view name) {
  return std::string(LOCKSTEP_TRANSCRIPTS) + "/" + std::string(name) + ".txt";
}

/// The longest common subsequence of what follows, for each pair of positions.
class Common {
 public:
  Common(const std::vector<std::string>& left, const std::vector<std::string>& right)
      : width_(right.size() + 1), lengths_((left.size() + 1) * width_) {
    for (std::size_t i = left.size(); i-- > 0;) {
      for (std::size_t j = right.size(); j-- > 0;) {
        lengths_[i * width_ + j] =
            left[i] == right[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
  }
  std::size_t at(std::size_t i, std::size_t j) const { return lengths_[i * width_ + j]; }

 private:
  std::size_t width_;
  std::vector<std::size_t> lengths_;
};

}  // namespace

void rewrite_transcripts() { rewrites = true; }

std::optional<std::string> settle(std::string_view name, const std::string& text) {
  if (!rewrites) return difference_from_expected(name, text);
  const std::string path = path_of(name);
  if (std::ofstream(path, std::ios::binary) << text) return std::nullopt;
  return path + ": cannot be written: " + std::strerror(errno);
}

std::string difference(const std::string& expected, const std::string& actual) {
  constexpr std::size_t kAround = 2;
  const auto left = lines_of(expected);
  const auto right = lines_of(actual);
  const Common common(left, right);
  std::vector<std::string> marked;
  for (std::size_t i = 0, j = 0; i < left.size() || j < right.size();) {
    if (i < left.size() && j < right.size() && left[i] == right[j]) {
      marked.push_back("  " + left[i++]);
      ++j;
    } else if (j == right.size() ||
               (i < left.size() && common.at(i + 1, j) >= common.at(i, j + 1))) {
      marked.push_back("- " + left[i++]);
    } else {
      marked.push_back("+ " + right[j++]);
    }
  }
  std::string text;
  std::size_t shown = 0;
  for (std::size_t at = 0; at < marked.size(); ++at) {
    const std::size_t low = at < kAround ? 0 : at - kAround;
    const std::size_t high = std::min(marked.size(), at + kAround + 1);
    const bool is_near = std::any_of(marked.begin() + static_cast<std::ptrdiff_t>(low),
                                     marked.begin() + static_cast<std::ptrdiff_t>(high),
                                     [](const std::string& line) { return line[0] != ' '; });
    if (!is_near) continue;
    if (shown != at) text += "  ...\n";
    text += marked[at] + "\n";
    shown = at + 1;
  }
  return text;
}

std::optional<std::string> difference_from_expected(std::string_view name,
                                                    const std::string& text) {
  const std::string path = path_of(name);
  std::ifstream in(path, std::ios::binary);
  std::ostringstream expected;
  if (!in || !(expected << in.rdbuf())) {
    return path + ": cannot be read: " + std::strerror(errno) +
           "; transcripts_test --rewrite makes it";
  }
  if (expected.str() == text) return std::nullopt;
  return path + " (-) is not what happened (+):\n" + difference(expected.str(), text) +
         "If that is as it should be: transcripts_test --rewrite";
}

}  // namespace lockstep::tests
