// What clients want: a stream of commands for a machine, drawn from a seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statemachine/catalog.h"
#include "transport/identity.h"
#include "transport/time.h"

namespace lockstep::chaos {

struct WorkloadOptions {
  std::string machine = "kv";
  std::uint32_t clients = 4;
  std::uint64_t operations = 2000;  ///< of all clients together
  std::uint32_t keys = 8;
  bool skewed = false;  ///< the k-th key is used in proportion to 1/k (Zipf), otherwise all alike
  std::uint32_t read_percent = 50;
  std::uint32_t value_bytes = 12;  ///< at least; values are made unique
  bool compare_and_set = true;     ///< false for systems that offer reads and writes only
  /// Open loop: a client starts operations at fixed times, however long the last one took. Closed
  /// loop: it thinks after each.
  bool open_loop = false;
  transport::Between think{std::chrono::milliseconds(0), std::chrono::milliseconds(4)};
};

/// How long clients have to think so that their operations last about as long as a storm.
transport::Between think_for(const WorkloadOptions& workload, transport::Duration storm);

/// The most keys a workload may have.
inline constexpr std::uint32_t kKeysMax = 4096;

/// Draws keys by integer weights; no floating point, the same on every machine.
class KeyTable {
 public:
  /// Requires: 1 <= keys <= kKeysMax.
  KeyTable(std::uint32_t keys, bool skewed);
  std::uint32_t pick(std::uint64_t draw) const;

 private:
  std::vector<std::uint64_t> cumulative_;
};

/// One client's wishes: a copyable value, so that an explorer can branch it.
class Client {
 public:
  /// Requires: options.machine names a machine that has a workload, see has_workload().
  Client(const WorkloadOptions& options, transport::ClientId id, std::uint64_t seed);

  /// The next command, or nothing when the client has done its share of the operations.
  std::optional<std::string> next();

  /// How long it thinks before the command that next() would give.
  transport::Duration think() const;

  std::uint64_t share() const { return share_; }
  std::uint64_t issued() const { return issued_; }
  transport::ClientId id() const { return id_; }

  /// The result of its last command: a compare-and-set expects what was last seen.
  void on_reply(std::string_view command, std::string_view result);

 private:
  std::string kv_command(std::uint64_t number);
  std::string register_command(std::uint64_t number);
  std::string counter_command(std::uint64_t number) const;
  std::string proposal(std::uint64_t number) const;
  std::string unique_value(std::uint64_t number) const;

  WorkloadOptions options_;
  KeyTable keys_;
  transport::ClientId id_;
  std::uint64_t seed_;
  std::uint64_t share_;
  std::uint64_t issued_ = 0;
  std::vector<std::optional<std::string>> last_seen_;  ///< by key
};

/// True if there is a workload for this machine.
bool has_workload(std::string_view machine);

}  // namespace lockstep::chaos
