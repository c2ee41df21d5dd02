// What must always hold in a replicated register, read off its messages.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "consensus/abd/abd.messages.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

/// Orders timestamps as the protocol does.
using AbdStamp = std::pair<std::uint64_t, std::uint32_t>;

inline AbdStamp stamp_of(const abd::Timestamp& timestamp) {
  return {timestamp.counter(), timestamp.writer()};
}

/// - "versions never go back": what a replica reports is never older than what it reported or
///   acknowledged before, restarts included.
/// - "one value per timestamp": two versions with one timestamp are the same.
class AbdMonitor {
 public:
  void see(const Witness& witness);
  const std::optional<Violation>& violation() const { return violation_; }
  std::uint64_t digest() const;

 private:
  void saw_version(const Witness& witness, const abd::Versioned& version);
  void reported(const Witness& witness, const abd::Versioned& version);
  void broken(const Witness& witness, const char* rule, std::string story);

  std::map<NodeId, AbdStamp> reported_;
  /// The values of recent timestamps; old ones are forgotten so that memory stays flat.
  std::map<AbdStamp, std::uint64_t> values_;
  std::optional<Violation> violation_;
};

/// A replica that acknowledges an update promises to remember it.
class AbdPromises {
 public:
  std::optional<Probe> see(const Witness& witness);

 private:
  struct Update {
    NodeId replica{};
    NodeId coordinator{};
    std::uint64_t operation = 0;
    auto operator<=>(const Update&) const = default;
  };
  std::map<Update, AbdStamp> updates_;
};

}  // namespace lockstep::consensus
