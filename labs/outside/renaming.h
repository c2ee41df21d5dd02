// The name of a lab in its files: what has to change when a folder is copied to become another lab.
#pragma once

#include <string>
#include <string_view>

namespace lockstep::labs {

/// The text of a file of the lab `from` as it stands in a copy called `to`: its name in paths of
/// includes, in what CMake and commands call it, and in quotes. Other uses of the word stay as they
/// are; it may well be one of the language, or of the framework.
std::string renamed(std::string text, const std::string& from, const std::string& to);

/// Every use of the word `from`, alone or as a part of a longer name ("sample_lab", "Sample").
std::string renamed_everywhere(std::string text, const std::string& from, const std::string& to);

/// Why this is no name for a lab; empty if it is one. A name is a part of C++ names, of file names
/// and of commands.
std::string lab_name_problem(std::string_view name);

}  // namespace lockstep::labs
