// A node's state by name, for reports, state differences and digests.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "statemachine/fold.h"

namespace lockstep::transport {

/// What a node's describe(Fields&) fills, in an order that does not depend on the run.
class Fields {
 public:
  void operator()(std::string_view name, std::string_view value) {
    values_.emplace_back(name, value);
  }
  void operator()(std::string_view name, const char* value) {
    (*this)(name, std::string_view(value));
  }
  template <std::integral Value>
  void operator()(std::string_view name, Value value) {
    values_.emplace_back(name, std::to_string(value));
  }

  const std::vector<std::pair<std::string, std::string>>& values() const& { return values_; }
  std::vector<std::pair<std::string, std::string>> values() && { return std::move(values_); }

  /// Digest over names and values.
  std::uint64_t digest() const {
    statemachine::Fold digest;
    for (const auto& [name, value] : values_) {
      statemachine::fold(digest, name);
      statemachine::fold(digest, value);
    }
    return digest.digest();
  }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace lockstep::transport
