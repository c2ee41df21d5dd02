// Monitors and promises of any protocol, held as values.
//
// A protocol's own monitors stand beside it and know nothing of chaos; here they lose their type.
// What a monitor class needs is stated in transport/witness.h, and for promises in
// transport/probe.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "transport/probe.h"
#include "transport/witness.h"

namespace lockstep::chaos {

/// (That a monitor can be copied is asserted below: asking here would go in circles for a monitor
/// that is built from AnyMonitor.)
template <class M>
concept Monitor = requires(M monitor, const M& constant, const transport::Witness& witness) {
  monitor.see(witness);
  { constant.violation() } -> std::convertible_to<const std::optional<transport::Violation>&>;
  { constant.digest() } -> std::same_as<std::uint64_t>;
};

/// A monitor without its type; a copy goes on apart.
class AnyMonitor {
 public:
  template <Monitor M>
  requires(!std::same_as<M, AnyMonitor>) explicit AnyMonitor(M monitor)
      : held_(std::make_unique<Held<M>>(std::move(monitor))) {}
  AnyMonitor(const AnyMonitor& other) : held_(other.held_->clone()) {}
  AnyMonitor(AnyMonitor&&) noexcept = default;
  AnyMonitor& operator=(AnyMonitor other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  ~AnyMonitor() = default;

  void see(const transport::Witness& witness) { held_->see(witness); }
  const std::optional<transport::Violation>& violation() const { return held_->violation(); }
  std::uint64_t digest() const { return held_->digest(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual std::unique_ptr<Base> clone() const = 0;
    virtual void see(const transport::Witness& witness) = 0;
    virtual const std::optional<transport::Violation>& violation() const = 0;
    virtual std::uint64_t digest() const = 0;
  };
  template <class M>
  struct Held final : Base {
    static_assert(std::is_copy_constructible_v<M>, "a monitor is a value");
    explicit Held(M held) : monitor(std::move(held)) {}
    std::unique_ptr<Base> clone() const override { return std::make_unique<Held>(monitor); }
    void see(const transport::Witness& witness) override { monitor.see(witness); }
    const std::optional<transport::Violation>& violation() const override {
      return monitor.violation();
    }
    std::uint64_t digest() const override { return monitor.digest(); }
    M monitor;
  };
  std::unique_ptr<Base> held_;
};

template <class P>
concept Promises = requires(P promises, const transport::Witness& witness) {
  { promises.see(witness) } -> std::same_as<std::optional<transport::Probe>>;
};

/// Recognises promises in what nodes send, without the type of the protocol.
class AnyPromises {
 public:
  template <Promises P>
  requires(!std::same_as<P, AnyPromises>) explicit AnyPromises(P promises)
      : held_(std::make_unique<Held<P>>(std::move(promises))) {}

  std::optional<transport::Probe> see(const transport::Witness& witness) {
    return held_->see(witness);
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual std::optional<transport::Probe> see(const transport::Witness& witness) = 0;
  };
  template <class P>
  struct Held final : Base {
    static_assert(std::is_copy_constructible_v<P>, "promises are a value");
    explicit Held(P held) : promises(std::move(held)) {}
    std::optional<transport::Probe> see(const transport::Witness& witness) override {
      return promises.see(witness);
    }
    P promises;
  };
  std::unique_ptr<Base> held_;
};

}  // namespace lockstep::chaos
