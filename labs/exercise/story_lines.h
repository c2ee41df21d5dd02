// The lines of a story: parts of steps in words, wrapped and cut to what a terminal shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "labs/exercise/story.h"

namespace lockstep::labs {

inline constexpr std::size_t kColumns = 100;

/// Two lines at most, the second below the text of the first; ended.
std::string wrapped(const std::string& margin, std::string text);

/// Ends in "..." if it is longer.
std::string cut_to(std::string text, std::size_t columns);

/// "151.2".
std::string in_milliseconds(std::uint64_t at_ns);

/// How a step's kind is counted: the name of its message, "timer", "request" ...
std::string kind_name(const StoryStep& step);

/// "12 timers, 3 AppendEntries", most frequent first.
std::string listed(const std::map<std::string, std::uint64_t>& counts);

/// "37 more: 20 AppendEntries, 12 AppendReply, 5 timers" for the steps [from, to).
std::string counted(const Story& story, std::size_t from, std::size_t to);

/// "term 1 -> 2, role Follower -> Candidate"; empty if nothing changed.
std::string changes_line(const StoryStep& step);

/// "Leads{term: 2}, Applied{index: 3..5}"; empty if nothing telling was claimed.
std::string claims_line(const StoryStep& step);

}  // namespace lockstep::labs
