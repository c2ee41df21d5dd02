#include "labs/exactly_once/caller.h"

#include <fmt/core.h>

#include "statemachine/kv.h"

namespace lockstep::labs {

using transport::Duration;
using transport::Reply;

namespace kv = statemachine::kv;

namespace {

/// How long a user waits before it asks the same once more.
constexpr Duration kOneAttempt = std::chrono::milliseconds(500);

std::int64_t in_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

chaos::Scenario::Fill Caller::next(const std::string& command) {
  ++sequence_;
  return [command, sequence = sequence_](transport::Request& request) {
    request.set_sequence(sequence);
    request.set_command(command);
    request.set_acknowledged_below(sequence);
    request.set_read_only(kv::read_only(command));
  };
}

void Caller::begin(const std::string& command) {
  const auto fill = next(command);
  stage_.cluster().submit(
      client_, node_,
      transport::compose<transport::Request, transport::Request>([&](transport::Request& request) {
        request.set_client(number(client_));
        fill(request);
      }));
}

Stage::Task<std::string> Caller::call(std::string command, Duration patience) {
  const auto fill = next(command);
  const auto end = stage_.cluster().now() + patience;
  std::string last = "no reply";
  while (stage_.cluster().now() < end) {
    const auto reply = co_await stage_.world().ask(client_, node_, fill, kOneAttempt);
    if (!reply || reply->sequence() != sequence_) continue;
    if (reply->status() == Reply::OK) co_return reply->result();
    last = fmt::format("the reply {}", Reply::Status_Name(reply->status()));
    co_await stage_.sleep(std::chrono::milliseconds(20));
  }
  stage_.fail(Verdict::Stuck, "a user who waits gets the result of its request",
              fmt::format("request {} of {} at {}, {}, got {} in {} ms of virtual time", sequence_,
                          to_string(client_), to_string(node_), kv::describe(command, nullptr),
                          last, in_ms(patience)));
}

Stage::Task<> Caller::append(std::string key, std::string value) {
  co_await call(kv::append(key, value));
}

Stage::Task<> Caller::put(std::string key, std::string value) {
  co_await call(kv::put(key, value));
}

Stage::Task<std::string> Caller::get(std::string key) {
  const auto result = kv::parse_result(co_await call(kv::get(key)));
  if (!result || result->status != kv::Status::Ok) co_return "no result of the machine";
  co_return result->value.value_or("absent");
}

Stage::Task<> Caller::expect(std::string key, std::string value, std::string promised) {
  const std::string actual = co_await get(key);
  stage_.expect_equal(key + " = " + value, key + " = " + actual, promised);
}

}  // namespace lockstep::labs
