// Watches what clients and server of the lab exactly_once say: every Call carries a request that
// this client node was given, under the request's own name; all answers to one name agree, unless
// it only reads; and a user gets what the server answered to that very request.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "transport/witness.h"

namespace lockstep::labs {

/// A monitor (transport/witness.h).
class NamedRequests {
 public:
  void see(const transport::Witness& witness);
  const std::optional<transport::Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  using Name = std::pair<std::uint64_t, std::uint64_t>;  ///< client and sequence
  struct Known {
    std::optional<std::uint64_t> command;  ///< digest of what the user asked for
    bool read_only = false;  ///< may be executed as often as copies come, each with its result
    std::set<std::uint64_t> results;  ///< digests of what the server answered
    std::uint64_t answered_at = 0;    ///< event
  };

  void see_call(const transport::Witness& witness, Name name, const std::string& command);
  void see_answer(const transport::Witness& witness, Name name, const std::string& result);
  void see_reply(const transport::Witness& witness);
  void violate(const transport::Witness& witness, const char* rule, std::string story);

  std::map<Name, Known> requests_;
  std::optional<transport::Violation> violation_;
};

}  // namespace lockstep::labs
