// What many seeds came to: a table of failures and statistics, for people and for programs.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "chaos/many_seeds.h"

namespace lockstep::labs {

/// A line on a terminal that is overwritten as seeds are done; nothing in a pipe.
class Progress {
 public:
  explicit Progress(std::uint64_t total);
  void show(std::uint64_t done, std::uint64_t failed);
  void clear();

 private:
  std::uint64_t total_;
  std::uint64_t shown_ = 0;
  bool is_terminal_;
};

/// `replay` gives the command that repeats the run of one seed.
std::string seeds_account(const chaos::RunSpec& first, chaos::SeedRange range,
                          const chaos::ManySeedsResult& result,
                          const std::function<std::string(std::uint64_t seed)>& replay);
nlohmann::json seeds_json(const chaos::RunSpec& first, chaos::SeedRange range,
                          const chaos::ManySeedsResult& result);

/// 1 if a seed was wrong or stuck; 3 if a worker failed, a seed has no verdict, or more than 1 % of
/// the seeds are invalid; otherwise 0.
int exit_code(const chaos::ManySeedsResult& result);

}  // namespace lockstep::labs
