// A student's answers.json: read without trust, and judged in words that do not give the answers
// away.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>

#include "labs/exercise/verdict.h"

namespace lockstep::labs {

/// The object under `section`, or why there is none.
std::variant<nlohmann::json, Finding> read_answers(const std::filesystem::path& folder,
                                                   const char* section);

/// A whole number from 1; nothing if there is none, as long as nothing was answered.
std::optional<std::uint64_t> number_in(const nlohmann::json& answers, const std::string& name);

/// What is said of wrong or missing answers.
Finding wrong_answer(std::string happened);

}  // namespace lockstep::labs
