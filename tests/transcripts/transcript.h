// The course of a scenario as text, compared with a file that is checked in.
//
// A figure of a paper tells a story; a transcript is the same story as this implementation plays
// it. The file is what a person reviews: a change of the protocol shows as a difference of a few
// lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lockstep::tests {

/// From now on settle() writes expected files.
void rewrite_transcripts();

/// Compares a transcript with its file, or makes it that file. What is wrong, for people.
std::optional<std::string> settle(std::string_view name, const std::string& text);

/// Compares a transcript with the checked-in file of this name, such as "raft/figure_8". Nothing if
/// they are equal; otherwise the difference, for people.
std::optional<std::string> difference_from_expected(std::string_view name, const std::string& text);

/// The lines that differ, each after "-" (only expected) or "+" (only actual), with two lines
/// around them. Empty if the texts are equal.
std::string difference(const std::string& expected, const std::string& actual);

}  // namespace lockstep::tests
