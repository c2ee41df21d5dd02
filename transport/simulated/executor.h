// Virtual time as an Asio execution context, so that scenario scripts and tests are
// asio::awaitable coroutines. Slow to compile: include it where coroutines are written, not below.
#pragma once

#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/execution.hpp>
#include <asio/execution_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <type_traits>
#include <utility>

#include "transport/simulated/event_loop.h"

namespace lockstep::transport {

/// Runs coroutines on an event loop. Drain it (finish() or destruction) before the objects that its
/// coroutines use die.
class VirtualTime final : public asio::execution_context {
 public:
  class Executor {
   public:
    explicit Executor(VirtualTime& context) : context_(&context) {}

    VirtualTime& query(asio::execution::context_t) const noexcept { return *context_; }
    static constexpr asio::execution::blocking_t::never_t query(
        asio::execution::blocking_t) noexcept {
      return {};
    }
    Executor require(asio::execution::blocking_t::never_t) const noexcept { return *this; }
    bool operator==(const Executor& other) const noexcept = default;

    template <class Job>
    void execute(Job job) const {
      context_->loop_->post(std::move(job));
    }

   private:
    VirtualTime* context_;
  };
  using executor_type = Executor;

  /// Requires: the loop outlives this object.
  explicit VirtualTime(EventLoop& loop) : loop_(&loop) {}
  ~VirtualTime() {
    finish();
    shutdown();
  }

  Executor get_executor() noexcept { return Executor{*this}; }
  EventLoop& loop() { return *loop_; }

  /// Starts a coroutine. An exception that leaves it is kept for rethrow().
  void spawn(asio::awaitable<void> coroutine) {
    ++running_;
    asio::co_spawn(get_executor(), std::move(coroutine), [this](std::exception_ptr error) {
      --running_;
      if (error && !error_) error_ = std::move(error);
    });
  }

  /// Coroutines that have not ended.
  std::size_t running() const { return running_; }

  /// Throws the first exception that left a coroutine, if any did.
  void rethrow() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

  /// Suspends the calling coroutine for a virtual duration. Requires: duration >= 0.
  asio::awaitable<void> sleep(Duration duration) {
    return asio::async_initiate<decltype(asio::use_awaitable), void()>(
        [this](auto handler, Duration wait) {
          auto* sleeper = new Sleeper<decltype(handler)>(*this, std::move(handler));
          Event event;
          event.target = sleeper;
          loop_->schedule(loop_->now() + wait, std::move(event));
        },
        asio::use_awaitable, duration);
  }

  /// Destroys coroutines that still wait, and drops all events of the loop.
  void finish() {
    while (!sleepers_.empty()) sleepers_.begin()->second();
    loop_->clear();
  }

 private:
  template <class Handler>
  struct Sleeper final : Event::Target {
    Sleeper(VirtualTime& context, Handler resumed)
        : time(context), number(context.next_sleeper_++), handler(std::move(resumed)) {
      time.sleepers_.emplace(number, [this] { delete this; });
    }
    ~Sleeper() override { time.sleepers_.erase(number); }
    void fire(Event&) override {
      Handler resumed = std::move(handler);
      delete this;
      std::move(resumed)();
    }
    VirtualTime& time;
    std::uint64_t number;
    Handler handler;
  };

  EventLoop* loop_;
  std::size_t running_ = 0;
  std::exception_ptr error_;
  std::uint64_t next_sleeper_ = 0;
  std::map<std::uint64_t, std::function<void()>> sleepers_;
};

/// A place where one coroutine waits for a value that somebody else delivers once.
template <class Value>
class Mailbox {
 public:
  explicit Mailbox(VirtualTime& time) : time_(&time) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Suspends until deliver() is called. Requires: nobody waits already.
  asio::awaitable<Value> receive() {
    return asio::async_initiate<decltype(asio::use_awaitable), void(Value)>(
        [this](auto handler) {
          auto kept = std::make_shared<decltype(handler)>(std::move(handler));
          deliver_ = [kept](Value value) { std::move (*kept)(std::move(value)); };
        },
        asio::use_awaitable);
  }

  /// Resumes the waiting coroutine before the next event. False if nobody waits.
  bool deliver(Value value) {
    if (!deliver_) return false;
    time_->loop().post([deliver = std::exchange(deliver_, nullptr),
                        value = std::move(value)]() mutable { deliver(std::move(value)); });
    return true;
  }

 private:
  VirtualTime* time_;
  std::function<void(Value)> deliver_;
};

}  // namespace lockstep::transport
