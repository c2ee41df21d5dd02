// The house rules that a program can check, each as a function of one source file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::tests {

struct SourceFile {
  std::string path;  ///< from the repository's root, such as "consensus/raft/raft.cc"
  std::string text;
};

/// All complaints about a file, as "path:line: what is wrong".
std::vector<std::string> complaints(const SourceFile& file);

/// The code without comments, and with string literals emptied; lines stay where they are.
std::string code_of(std::string_view text);

}  // namespace lockstep::tests
