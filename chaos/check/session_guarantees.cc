#include "chaos/check/session_guarantees.h"

#include <map>
#include <utility>

#include "chaos/check/explain.h"

namespace lockstep::chaos {
namespace {

/// The highest version that a session has come to, and by which operation.
struct Mark {
  std::uint64_t version = 0;
  std::size_t operation = 0;
};

/// What a session knows of one object.
struct Known {
  std::optional<Mark> read;
  std::optional<Mark> written;
};

void raise(std::optional<Mark>& mark, std::uint64_t version, std::size_t operation) {
  if (!mark || version > mark->version) mark = Mark{version, operation};
}

}  // namespace

std::string_view name_of(SessionGuarantee guarantee) {
  switch (guarantee) {
    case SessionGuarantee::ReadYourWrites:
      return "Read Your Writes";
    case SessionGuarantee::MonotonicReads:
      return "Monotonic Reads";
    case SessionGuarantee::MonotonicWrites:
      return "Monotonic Writes";
    case SessionGuarantee::WritesFollowReads:
      return "Writes Follow Reads";
  }
  return "?";
}

std::optional<SessionViolation> check_session_guarantees(const History& history,
                                                         const Versions& versions) {
  std::map<std::pair<std::uint64_t, std::string>, Known> sessions;
  for (std::size_t at = 0; at < history.operations.size(); ++at) {
    const Operation& operation = history.operations[at];
    if (!operation.returned || at >= versions.size() || !versions[at]) continue;
    const std::uint64_t version = *versions[at];
    const auto object = history.machine->partition(operation.command).value_or(std::string());
    Known& known = sessions[{operation.process, object}];
    const bool reads = history.machine->read_only(operation.command);
    // A write may not come to the same version as another operation's, a read may.
    const auto is_behind = [&](const std::optional<Mark>& mark) {
      return mark && (reads ? version < mark->version : version <= mark->version);
    };
    const auto violation = [&](SessionGuarantee guarantee, const Mark& mark) {
      return SessionViolation{guarantee, mark.operation, at, mark.version, version};
    };
    if (is_behind(known.written)) {
      return violation(reads ? SessionGuarantee::ReadYourWrites : SessionGuarantee::MonotonicWrites,
                       *known.written);
    }
    if (is_behind(known.read)) {
      return violation(
          reads ? SessionGuarantee::MonotonicReads : SessionGuarantee::WritesFollowReads,
          *known.read);
    }
    raise(reads ? known.read : known.written, version, at);
  }
  return std::nullopt;
}

std::string describe(const SessionViolation& violation, const History& history) {
  const auto line = [&](int number, std::size_t operation, std::uint64_t version) {
    return "  [" + std::to_string(number) + "]  " +
           describe(history.operations[operation], history) + "   version " +
           std::to_string(version) + "\n";
  };
  return std::string(name_of(violation.guarantee)) + " is broken: one session did\n" +
         line(1, violation.earlier, violation.earlier_version) +
         line(2, violation.later, violation.later_version);
}

}  // namespace lockstep::chaos
