// Coroutines in virtual time: sleeping, exceptions, draining, mailboxes.
#include "transport/simulated/executor.h"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace lockstep::tests {
namespace {

using namespace std::chrono_literals;
using transport::EventLoop;
using transport::Mailbox;
using transport::Time;
using transport::VirtualTime;

/// Says when it is destroyed, as a coroutine's local would.
struct Local {
  explicit Local(int& alive_count) : alive(alive_count) { ++alive; }
  ~Local() { --alive; }
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;
  int& alive;
};

asio::awaitable<void> ticks(VirtualTime& time, std::string name, transport::Duration period,
                            std::vector<std::string>& story) {
  for (int i = 0; i < 3; ++i) {
    co_await time.sleep(period);
    story.push_back(name + std::to_string(time.loop().now().time_since_epoch() / 1ms));
  }
}

asio::awaitable<void> sleeps_for_ever(VirtualTime& time, int& alive) {
  const Local local(alive);
  for (;;) co_await time.sleep(1h);
}

asio::awaitable<void> throws_after(VirtualTime& time, transport::Duration when, const char* what) {
  co_await time.sleep(when);
  throw std::runtime_error(what);
}

asio::awaitable<void> receives(Mailbox<int>& box, int& sum, int& alive) {
  const Local local(alive);
  for (;;) sum += co_await box.receive();
}

asio::awaitable<void> calls(VirtualTime& time, int& alive) {
  const Local outer(alive);
  co_await sleeps_for_ever(time, alive);
}

TEST_CASE("coroutines sleep in virtual time and interleave by it") {
  EventLoop loop;
  VirtualTime time(loop);
  std::vector<std::string> story;
  time.spawn(ticks(time, "a", 2ms, story));
  time.spawn(ticks(time, "b", 3ms, story));
  CHECK(time.running() == 2);
  loop.run_until(Time{1s});
  CHECK(story == std::vector<std::string>{"a2", "b3", "a4", "b6", "a6", "b9"});
  CHECK(time.running() == 0);
  CHECK_NOTHROW(time.rethrow());
}

TEST_CASE("the first exception that leaves a coroutine is kept, and thrown once") {
  EventLoop loop;
  VirtualTime time(loop);
  time.spawn(throws_after(time, 2ms, "second"));
  time.spawn(throws_after(time, 1ms, "first"));
  loop.run_until(Time{1s});
  CHECK(time.running() == 0);
  CHECK_THROWS_WITH(time.rethrow(), "first");
  CHECK_NOTHROW(time.rethrow());
}

TEST_CASE("finish destroys coroutines that sleep, nested ones included") {
  EventLoop loop;
  VirtualTime time(loop);
  int alive = 0;
  time.spawn(sleeps_for_ever(time, alive));
  time.spawn(calls(time, alive));
  loop.run_until(Time{2h});
  CHECK(alive == 3);
  time.finish();
  CHECK(alive == 0);
  CHECK(time.running() == 0);
  CHECK(loop.pending() == 0);
}

TEST_CASE("destroying the executor destroys coroutines that sleep or have not begun") {
  EventLoop loop;
  int alive = 0;
  {
    VirtualTime time(loop);
    time.spawn(sleeps_for_ever(time, alive));
    loop.run_until(Time{1ms});
    time.spawn(sleeps_for_ever(time, alive));
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("a mailbox hands one value to the coroutine that waits") {
  EventLoop loop;
  VirtualTime time(loop);
  Mailbox<int> box(time);
  int sum = 0;
  int alive = 0;
  CHECK_FALSE(box.deliver(1));
  time.spawn(receives(box, sum, alive));
  loop.step();
  CHECK(box.deliver(2));
  CHECK_FALSE(box.deliver(3));
  CHECK(sum == 0);
  loop.step();
  CHECK(sum == 2);
  CHECK(box.deliver(4));
  loop.step();
  CHECK(sum == 6);
}

TEST_CASE("finish destroys a coroutine that waits at a mailbox, before the mailbox dies") {
  EventLoop loop;
  VirtualTime time(loop);
  int sum = 0;
  int alive = 0;
  {
    Mailbox<int> box(time);
    time.spawn(receives(box, sum, alive));
    loop.step();
    CHECK(alive == 1);
    time.finish();
    CHECK(alive == 0);
    CHECK_FALSE(box.deliver(1));
  }
  CHECK(time.running() == 0);
}

TEST_CASE("a mailbox may die while a coroutine waits at it, and may outlive its executor") {
  EventLoop loop;
  int sum = 0;
  int alive = 0;
  {
    VirtualTime time(loop);
    auto box = std::make_unique<Mailbox<int>>(time);
    time.spawn(receives(*box, sum, alive));
    loop.step();
    box.reset();
    time.finish();
    CHECK(alive == 0);
  }
  auto time = std::make_unique<VirtualTime>(loop);
  Mailbox<int> box(*time);
  time->spawn(receives(box, sum, alive));
  loop.step();
  CHECK(alive == 1);
  time.reset();
  CHECK(alive == 0);
}

}  // namespace
}  // namespace lockstep::tests
