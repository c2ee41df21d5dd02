// A key-value history told operation by operation: each returns before the next begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "chaos/check/history.h"
#include "statemachine/kv.h"

namespace lockstep::chaos {

class ToldHistory {
 public:
  /// A write that returned. Gives its index, as do the others.
  std::size_t put(std::uint64_t process, const std::string& key, const std::string& value) {
    return told(process, statemachine::kv::put(key, value), statemachine::kv::Result{});
  }

  /// A write that never returned.
  std::size_t try_put(std::uint64_t process, const std::string& key, const std::string& value) {
    return told(process, statemachine::kv::put(key, value), std::nullopt);
  }

  std::size_t get(std::uint64_t process, const std::string& key, std::optional<std::string> value) {
    return told(process, statemachine::kv::get(key),
                statemachine::kv::Result{statemachine::kv::Status::Ok, std::move(value)});
  }

  std::size_t compare_and_set(std::uint64_t process, const std::string& key,
                              std::optional<std::string> expected, const std::string& value) {
    return told(process, statemachine::kv::compare_and_set(key, expected, value),
                statemachine::kv::Result{});
  }

  std::size_t append(std::uint64_t process, const std::string& key, const std::string& value) {
    return told(process, statemachine::kv::append(key, value), statemachine::kv::Result{});
  }

  History history() const { return recorder_.history(); }
  /// The time of the next event; each event takes one nanosecond.
  std::int64_t now() const { return time_; }

 private:
  std::size_t told(std::uint64_t process, std::string command,
                   const std::optional<statemachine::kv::Result>& result) {
    const auto operation = recorder_.invoke(process, std::move(command), time_++);
    if (result) recorder_.complete(operation, statemachine::kv::encode(*result), time_++);
    return operation;
  }

  HistoryRecorder recorder_{*statemachine::find_machine("kv")};
  std::int64_t time_ = 0;
};

}  // namespace lockstep::chaos
