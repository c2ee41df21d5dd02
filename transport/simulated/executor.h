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

  /// What a suspended coroutine waits at, linked so that finish() can destroy the coroutine.
  class Waiting {
   public:
    Waiting() = default;
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    virtual ~Waiting() { end_wait(); }
    /// Destroys the coroutine, and ends the wait.
    virtual void abandon() = 0;

   protected:
    void begin_wait(VirtualTime& time) {
      previous_ = time.last_;
      next_ = nullptr;
      (previous_ != nullptr ? previous_->next_ : time.first_) = this;
      time.last_ = this;
      time_ = &time;
    }
    void end_wait() {
      if (time_ == nullptr) return;
      (previous_ != nullptr ? previous_->next_ : time_->first_) = next_;
      (next_ != nullptr ? next_->previous_ : time_->last_) = previous_;
      time_ = nullptr;
    }

   private:
    VirtualTime* time_ = nullptr;  ///< nothing unless a coroutine waits here
    Waiting* previous_ = nullptr;
    Waiting* next_ = nullptr;
  };

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
    while (first_ != nullptr) first_->abandon();
    loop_->clear();
    running_ = 0;
  }

 private:
  template <class Handler>
  struct Sleeper final : Event::Target, Waiting {
    Sleeper(VirtualTime& time, Handler resumed) : handler(std::move(resumed)) { begin_wait(time); }
    void abandon() override { delete this; }
    void fire(Event&) override {
      Handler resumed = std::move(handler);
      delete this;
      std::move(resumed)();
    }
    Handler handler;
  };

  EventLoop* loop_;
  std::size_t running_ = 0;
  std::exception_ptr error_;
  Waiting* first_ = nullptr;
  Waiting* last_ = nullptr;
};

/// A place where one coroutine waits for a value that somebody else delivers once. If it dies, so
/// does the coroutine that waits.
template <class Value>
class Mailbox final : private VirtualTime::Waiting {
 public:
  explicit Mailbox(VirtualTime& time) : time_(&time) {}

  /// Suspends until deliver() is called. Requires: nobody waits already.
  asio::awaitable<Value> receive() {
    return asio::async_initiate<decltype(asio::use_awaitable), void(Value)>(
        [this](auto handler) {
          auto kept = std::make_shared<decltype(handler)>(std::move(handler));
          deliver_ = [kept](Value value) { std::move (*kept)(std::move(value)); };
          begin_wait(*time_);
        },
        asio::use_awaitable);
  }

  /// Resumes the waiting coroutine before the next event. False if nobody waits.
  bool deliver(Value value) {
    if (!deliver_) return false;
    end_wait();
    time_->loop().post([deliver = std::exchange(deliver_, nullptr),
                        value = std::move(value)]() mutable { deliver(std::move(value)); });
    return true;
  }

 private:
  void abandon() override {
    end_wait();
    deliver_ = nullptr;
  }

  VirtualTime* time_;
  std::function<void(Value)> deliver_;
};

}  // namespace lockstep::transport
