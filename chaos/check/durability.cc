#include "chaos/check/durability.h"

#include <algorithm>
#include <map>

#include "chaos/check/accesses.h"
#include "chaos/check/explain.h"

namespace lockstep::chaos {
namespace {

/// What survived of each object: the source of its last read in the calm.
std::map<std::string, const Access*> survivors(const History& history,
                                               const std::vector<Access>& accesses,
                                               std::int64_t calm) {
  std::map<std::string, const Access*> last;
  for (const Access& access : accesses) {
    const Operation& operation = history.operations[access.operation];
    if (!access.reads || access.writes || operation.invoked_at < calm) continue;
    const Access*& known = last[access.object];
    if (known == nullptr || *history.operations[known->operation].returned < *operation.returned) {
      known = &access;
    }
  }
  return last;
}

/// Whether the write that a read shows (or that there was none) is certainly older than `write`.
bool shows_older(const History& history, const std::vector<Access>& accesses, const Access& read,
                 const Access& write) {
  if (history.operations[write.operation].invoked > history.operations[read.operation].invoked) {
    return false;
  }
  if (!read.source) return true;
  const Operation& shown = history.operations[accesses[*read.source].operation];
  return shown.returned && *shown.returned < history.operations[write.operation].invoked;
}

}  // namespace

std::variant<Ledger, Unknown> durability_of(const History& history, std::int64_t fault,
                                            std::int64_t calm) {
  const auto understood = accesses_of(history);
  if (const auto* reason = std::get_if<NotDifferentiated>(&understood)) {
    return Unknown{std::nullopt, reason->reason};
  }
  if (std::holds_alternative<ThinAirRead>(understood)) {
    return Unknown{std::nullopt, "a read shows what nobody wrote"};
  }
  const auto& accesses = std::get<std::vector<Access>>(understood);
  const auto survived = survivors(history, accesses, calm);
  std::vector<bool> was_seen(accesses.size(), false);
  for (const Access& access : accesses) {
    if (access.source) was_seen[*access.source] = true;
  }
  Ledger ledger;
  for (std::size_t at = 0; at < accesses.size(); ++at) {
    const Access& write = accesses[at];
    const auto read = survived.find(write.object);
    if (!write.writes || read == survived.end()) continue;
    const Operation& operation = history.operations[write.operation];
    if (write.returned) ++ledger.acknowledged;
    if (!write.returned && !was_seen[at]) continue;
    if (!shows_older(history, accesses, *read->second, write)) continue;
    if (!write.returned) {
      ledger.phantoms.push_back(write.operation);
      continue;
    }
    ledger.lost.push_back(write.operation);
    ledger.recovery_point = std::max(ledger.recovery_point, fault - operation.returned_at);
  }
  return ledger;
}

std::string describe(const Ledger& ledger, const History& history) {
  std::string text = std::to_string(ledger.acknowledged) + " writes acknowledged, " +
                     std::to_string(ledger.lost.size()) + " lost, " +
                     std::to_string(ledger.phantoms.size()) + " seen but gone\n";
  const auto list = [&](const char* what, const std::vector<std::size_t>& operations) {
    for (const auto operation : operations) {
      text +=
          std::string("  ") + what + "  " + describe(history.operations[operation], history) + "\n";
    }
  };
  list("lost", ledger.lost);
  list("gone", ledger.phantoms);
  return text;
}

}  // namespace lockstep::chaos
