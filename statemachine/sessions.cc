#include "statemachine/sessions.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "statemachine/fold.h"
#include "statemachine/sessions.pb.h"
#include "statemachine/wire.h"

namespace lockstep::statemachine {
namespace {

bool parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::string with_status(SessionStatus status, std::string_view result) {
  std::string bytes;
  bytes.reserve(result.size() + 1);
  bytes += static_cast<char>(status);
  bytes += result;
  return bytes;
}

struct Remembered {
  std::uint64_t sequence = 0;
  std::string result;
};

struct Session {
  std::uint64_t forgotten_below = 0;
  std::vector<Remembered> results;  // Invariant: sequences ascend, none below forgotten_below.

  void forget_below(std::uint64_t sequence) {
    if (sequence <= forgotten_below) return;
    forgotten_below = sequence;
    results.erase(results.begin(), find(sequence));
  }

  /// False when the result cannot stand at the end of the table.
  bool remember(std::uint64_t sequence, const std::string& result) {
    const bool in_order = results.empty() || results.back().sequence < sequence;
    if (!in_order || sequence < forgotten_below) return false;
    results.push_back({sequence, result});
    return true;
  }

  std::vector<Remembered>::iterator find(std::uint64_t sequence) {
    return std::partition_point(results.begin(), results.end(), [&](const Remembered& result) {
      return result.sequence < sequence;
    });
  }
};

class Sessions {
 public:
  explicit Sessions(AnyMachine machine) : machine_(std::move(machine)) {}

  std::string apply(std::string_view bytes) {
    const auto command = parse_session_command(bytes);
    if (!command) return with_status(SessionStatus::BadCommand, {});
    Session& session = sessions_[command->client];
    session.forget_below(command->acknowledged_below);
    if (command->sequence < session.forgotten_below) {
      return with_status(SessionStatus::Forgotten, {});
    }
    const auto place = session.find(command->sequence);
    if (place != session.results.end() && place->sequence == command->sequence) {
      return with_status(SessionStatus::Repeated, place->result);
    }
    std::string result = machine_.apply(command->command);
    std::string answer = with_status(SessionStatus::Applied, result);
    session.results.insert(place, {command->sequence, std::move(result)});
    return answer;
  }

  std::optional<std::string> read(std::string_view command) const { return machine_.read(command); }

  std::string snapshot() const {
    SessionState state;
    for (const auto& [client, session] : sessions_) {
      SessionState::Session& stored = *state.add_sessions();
      stored.set_client(client);
      stored.set_forgotten_below(session.forgotten_below);
      for (const Remembered& remembered : session.results) {
        SessionState::Remembered& result = *stored.add_results();
        result.set_sequence(remembered.sequence);
        result.set_result(remembered.result);
      }
    }
    state.set_machine(machine_.snapshot());
    return state.SerializeAsString();
  }

  bool restore(std::string_view bytes) {
    SessionState state;
    if (!parse(bytes, state)) return false;
    Sessions restored(machine_);
    if (!restored.machine_.restore(state.machine())) return false;
    for (const SessionState::Session& stored : state.sessions()) {
      Session& session = restored.sessions_[stored.client()];
      session.forgotten_below = stored.forgotten_below();
      for (const SessionState::Remembered& result : stored.results()) {
        if (!session.remember(result.sequence(), result.result())) return false;
      }
    }
    // Only canonical bytes are a snapshot: this refuses sessions out of order or given twice.
    if (restored.snapshot() != bytes) return false;
    *this = std::move(restored);
    return true;
  }

  std::uint64_t digest() const {
    Fold digest;
    fold(digest, sessions_.size());
    for (const auto& [client, session] : sessions_) {
      fold(digest, client);
      fold(digest, session.forgotten_below);
      fold(digest, session.results.size());
      for (const Remembered& remembered : session.results) {
        fold(digest, remembered.sequence);
        fold(digest, std::string_view(remembered.result));
      }
    }
    fold(digest, machine_.digest());
    return digest.digest();
  }

 private:
  AnyMachine machine_;
  std::map<std::uint64_t, Session> sessions_;
};

}  // namespace

MachineFactory with_sessions(MachineFactory inner) {
  return [inner = std::move(inner)]() -> AnyMachine { return Sessions(inner()); };
}

}  // namespace lockstep::statemachine
