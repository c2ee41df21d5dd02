// Watches how much the server of the lab exactly_once stores: what users have acknowledged has to
// be forgotten some time, in whatever way it is stored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "transport/witness.h"

namespace lockstep::labs {

/// The most that keys and values may have together, in bytes. The data of the tests, one result for
/// each user included, has less than a quarter of it.
inline constexpr std::uint64_t kStoredMax = 64 * 1024;

/// A monitor (transport/witness.h).
class BoundedStorage {
 public:
  explicit BoundedStorage(transport::NodeId server) : server_(server) {}

  void see(const transport::Witness& witness);
  const std::optional<transport::Violation>& violation() const { return violation_; }
  std::uint64_t digest() const { return bytes_; }

 private:
  transport::NodeId server_;
  std::map<std::string, std::uint64_t, std::less<>> sizes_;  ///< of values, by key
  std::uint64_t bytes_ = 0;
  std::optional<transport::Violation> violation_;
};

}  // namespace lockstep::labs
