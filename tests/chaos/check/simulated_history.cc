#include "tests/chaos/check/simulated_history.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "statemachine/counter.h"
#include "statemachine/decisions.h"
#include "statemachine/fold.h"
#include "statemachine/kv.h"
#include "statemachine/register.h"

namespace lockstep::chaos {
namespace {

namespace counter = statemachine::counter;
namespace decisions = statemachine::decisions;
namespace kv = statemachine::kv;
namespace register_machine = statemachine::register_machine;

struct Client {
  std::uint64_t process = 0;
  std::optional<std::size_t> open;
  bool has_effect = false;
  std::string result;
};

class Simulation {
 public:
  Simulation(const Recipe& recipe, std::uint64_t seed)
      : recipe_(recipe),
        dice_(seed),
        kind_(*statemachine::find_machine(recipe.machine)),
        machine_(kind_.make()),
        recorder_(kind_),
        clients_(recipe.clients) {}

  History run() {
    for (std::size_t at = 0; at < clients_.size(); ++at) clients_[at].process = at;
    next_process_ = clients_.size();
    while (invoked_ < recipe_.operations || is_any_open()) {
      step(clients_[dice_.roll(clients_.size())]);
      if (!lost_.empty() && dice_.roll(8) == 0) take_lost_effect();
    }
    return recorder_.history();
  }

 private:
  bool is_any_open() const {
    return std::any_of(clients_.begin(), clients_.end(),
                       [](const Client& client) { return client.open.has_value(); });
  }

  void step(Client& client) {
    if (!client.open) {
      if (invoked_ < recipe_.operations) invoke(client);
    } else if (!client.has_effect) {
      client.result = apply(*client.open);
      client.has_effect = true;
    } else {
      finish(client);
    }
  }

  void invoke(Client& client) {
    ++invoked_;
    commands_.push_back(draw_command());
    client.open = recorder_.invoke(client.process, commands_.back());
    client.has_effect = false;
    if (dice_.roll(1000) >= recipe_.lost_in_1000) return;
    lost_.push_back(*client.open);
    client.open.reset();
    client.process = next_process_++;
  }

  void finish(Client& client) {
    const bool is_unknown = dice_.roll(1000) < recipe_.unknown_in_1000;
    recorder_.complete(*client.open,
                       is_unknown ? std::nullopt : std::optional(std::move(client.result)));
    client.open.reset();
  }

  void take_lost_effect() {
    const std::size_t at = dice_.roll(lost_.size());
    if (dice_.roll(2) == 0) apply(lost_[at]);
    lost_.erase(lost_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  std::string apply(std::size_t operation) {
    const std::string& command = commands_[operation];
    if (applied_ + kStaleness == recipe_.fault_after) old_ = machine_;
    const bool is_due = ++applied_ > recipe_.fault_after && !is_faulty_;
    const auto result = is_due ? apply_wrongly(command) : std::nullopt;
    is_faulty_ = is_faulty_ || result.has_value();
    return result ? *result : machine_.apply(command);
  }

  /// Nothing, and the state as it was, if the fault would not show here.
  std::optional<std::string> apply_wrongly(const std::string& command) {
    statemachine::AnyMachine right = machine_;
    const std::string result = right.apply(command);
    const bool is_change = right.digest() != machine_.digest();
    if (recipe_.fault == Fault::LostWrite && is_change) return result;
    if (recipe_.fault == Fault::StaleRead && kind_.read_only(command)) {
      const std::string stale = old_.apply(command);
      if (stale != result) return stale;
    }
    if (recipe_.fault == Fault::AppliedTwice && is_append(command)) {
      machine_ = std::move(right);
      return machine_.apply(command);
    }
    if (recipe_.fault == Fault::FalseSwap && swaps(command) && !is_change) return swap(command);
    return {};
  }

  bool is_append(const std::string& command) const {
    const auto parsed = kv::parse_command(command);
    return recipe_.machine == "kv" && parsed && parsed->operation == kv::Operation::Append;
  }

  bool swaps(const std::string& command) const {
    if (recipe_.machine == "register") {
      const auto parsed = register_machine::parse_command(command);
      return parsed && parsed->operation == register_machine::Operation::CompareAndSet;
    }
    const auto parsed = kv::parse_command(command);
    return recipe_.machine == "kv" && parsed && parsed->operation == kv::Operation::CompareAndSet;
  }

  std::string swap(const std::string& command) {
    if (recipe_.machine == "register") {
      const auto parsed = register_machine::parse_command(command);
      machine_.apply(register_machine::write(parsed->value));
      return register_machine::encode(register_machine::Result{});
    }
    const auto parsed = kv::parse_command(command);
    machine_.apply(kv::put(parsed->key, parsed->value));
    return kv::encode(kv::Result{});
  }

  std::string value() {
    return std::to_string(recipe_.unique_values ? invoked_ : dice_.roll(recipe_.values));
  }

  std::string draw_command() {
    if (recipe_.machine == "counter") {
      if (dice_.roll(2) == 0) return counter::read();
      return counter::add(static_cast<std::int64_t>(dice_.roll(recipe_.values)) - 1);
    }
    const std::uint64_t choice = dice_.roll(10);
    if (recipe_.machine == "register") {
      if (choice < 4) return register_machine::read();
      if (choice < 7) return register_machine::write(value());
      return register_machine::compare_and_set(std::string_view(value()), value());
    }
    const std::string key = "k" + std::to_string(dice_.roll(recipe_.keys));
    if (recipe_.machine == "decisions") return decisions::propose(key, value());
    if (recipe_.only_appends) return choice < 5 ? kv::get(key) : kv::append(key, value() + ",");
    if (choice < 4) return kv::get(key);
    if (choice < 6) return kv::put(key, value());
    if (choice < 8) return kv::append(key, value());
    if (choice < 9) return kv::compare_and_set(key, std::string_view(value()), value());
    return kv::remove(key);
  }

  Recipe recipe_;
  Dice dice_;
  const statemachine::MachineKind& kind_;
  statemachine::AnyMachine machine_;
  HistoryRecorder recorder_;
  std::vector<Client> clients_;
  std::vector<std::string> commands_;
  std::vector<std::size_t> lost_;
  static constexpr std::uint64_t kStaleness = 20;  // Operations.

  std::uint64_t invoked_ = 0;
  std::uint64_t applied_ = 0;
  statemachine::AnyMachine old_ = kind_.make();
  bool is_faulty_ = false;
  std::uint64_t next_process_ = 0;
};

}  // namespace

std::uint64_t Dice::roll(std::uint64_t sides) {
  statemachine::Fold digest;
  digest(++state_);
  return digest.digest() % sides;
}

History simulate(const Recipe& recipe, std::uint64_t seed) {
  return Simulation(recipe, seed * 1'000'003).run();
}

void spoil(History& history, std::uint64_t seed) {
  std::vector<Operation*> known;
  for (Operation& operation : history.operations) {
    const bool is_read = history.machine->read_only(operation.command);
    if (operation.result && is_read) known.push_back(&operation);
  }
  if (known.empty()) return;
  // Another read's result, or what would be read at the very end or beginning.
  Dice dice(seed * 7919);
  Operation& spoiled = *known[dice.roll(known.size())];
  statemachine::AnyMachine machine = history.machine->make();
  if (dice.roll(2) == 0) {
    spoiled.result = known[dice.roll(known.size())]->result;
    return;
  }
  if (dice.roll(2) == 0) {
    for (const Operation& operation : history.operations) machine.apply(operation.command);
  }
  spoiled.result = machine.apply(spoiled.command);
}

}  // namespace lockstep::chaos
