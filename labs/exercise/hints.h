// How many hints of which test a student has asked for: one more each time, never one unasked.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace lockstep::labs {

/// Remembers in `file` (JSON, made if it is not there) that one more hint of the test was asked
/// for, and gives the number to show, at most `available`. A file that cannot be read counts as
/// empty; one that cannot be written is no error, the same hint then comes again.
std::size_t ask_for_hint(const std::filesystem::path& file, const std::string& test,
                         std::size_t available);

}  // namespace lockstep::labs
