// What is replicated: a deterministic state machine, held as a value.
//
// A replica owns an AnyMachine and applies committed commands to it; the checkers apply the same
// machine as the sequential specification of what clients may see. Equal machines that apply equal
// commands stay equal, on every compiler and machine. Any copyable class with the members of
// `Machine` converts to AnyMachine; no base class is needed. One that also has
//   std::optional<std::string> read(std::string_view command) const
// can be read without a command in the log.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lockstep::statemachine {

/// `apply` gives a well-defined result for every string of bytes, however malformed. Snapshots are
/// canonical: two machines are in the same state exactly when their snapshots are equal. (That a
/// machine can be copied is asserted in AnyMachine: asking here would go in circles for a decorator
/// that is built from an AnyMachine.)
template <class M>
concept Machine = requires(M machine, const M& constant, std::string_view bytes) {
  { machine.apply(bytes) } -> std::same_as<std::string>;
  { constant.snapshot() } -> std::same_as<std::string>;
  { machine.restore(bytes) } -> std::same_as<bool>;
  { constant.digest() } -> std::same_as<std::uint64_t>;
};

class AnyMachine {
 public:
  /// Holds a machine of any type.
  template <class M>
  requires(!std::same_as<std::remove_cvref_t<M>, AnyMachine> && Machine<std::remove_cvref_t<M>>)
      AnyMachine(M&& machine)  // NOLINT(google-explicit-constructor): a machine is an AnyMachine.
      : machine_(std::make_unique<Held<std::remove_cvref_t<M>>>(std::forward<M>(machine))) {}

  /// A copy is an independent machine in the same state. Requires: `other` was not moved from.
  AnyMachine(const AnyMachine& other) : machine_(other.machine_->clone()) {}
  AnyMachine(AnyMachine&&) noexcept = default;
  AnyMachine& operator=(const AnyMachine& other) {
    if (this != &other) machine_ = other.machine_->clone();
    return *this;
  }
  AnyMachine& operator=(AnyMachine&&) noexcept = default;
  ~AnyMachine() = default;

  /// Executes one command and returns the bytes of its result. Malformed commands change nothing
  /// and return the machine's "bad command" result.
  std::string apply(std::string_view command) { return machine_->apply(command); }

  /// The result of a command that changes nothing, without applying it; nothing if the command may
  /// change the state, or the machine has no `read` and so can only apply.
  std::optional<std::string> read(std::string_view command) const {
    return machine_->read(command);
  }

  /// The whole state as canonical bytes.
  std::string snapshot() const { return machine_->snapshot(); }

  /// Takes over the state that `snapshot` wrote; false, and nothing changed, if the bytes are not
  /// such a snapshot.
  bool restore(std::string_view bytes) { return machine_->restore(bytes); }

  /// A stable 64-bit identity of the state.
  std::uint64_t digest() const { return machine_->digest(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual std::unique_ptr<Base> clone() const = 0;
    virtual std::string apply(std::string_view command) = 0;
    virtual std::optional<std::string> read(std::string_view command) const = 0;
    virtual std::string snapshot() const = 0;
    virtual bool restore(std::string_view bytes) = 0;
    virtual std::uint64_t digest() const = 0;
  };

  template <class M>
  struct Held final : Base {
    static_assert(std::is_copy_constructible_v<M>, "a machine is a value");
    explicit Held(const M& machine) : held(machine) {}
    explicit Held(M&& machine) : held(std::move(machine)) {}
    std::unique_ptr<Base> clone() const override { return std::make_unique<Held>(held); }
    std::string apply(std::string_view command) override { return held.apply(command); }
    std::optional<std::string> read(std::string_view command) const override {
      if constexpr (requires { held.read(command); }) {
        return held.read(command);
      } else {
        return std::nullopt;
      }
    }
    std::string snapshot() const override { return held.snapshot(); }
    bool restore(std::string_view bytes) override { return held.restore(bytes); }
    std::uint64_t digest() const override { return held.digest(); }
    M held;
  };

  std::unique_ptr<Base> machine_;
};

/// Makes a machine in its initial state.
using MachineFactory = std::function<AnyMachine()>;

}  // namespace lockstep::statemachine
