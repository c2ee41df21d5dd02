#include "chaos/workload.h"

#include <algorithm>
#include <charconv>

#include "statemachine/counter.h"
#include "statemachine/decisions.h"
#include "statemachine/kv.h"
#include "statemachine/register.h"
#include "transport/random.h"

namespace lockstep::chaos {

namespace counter = statemachine::counter;
namespace decisions = statemachine::decisions;
namespace kv = statemachine::kv;
namespace register_machine = statemachine::register_machine;
using transport::below;
using transport::draw;

namespace {

/// The number in a key such as "k7"; all keys of a workload are such.
std::optional<std::uint32_t> number_of_key(std::string_view key) {
  if (key.size() < 2) return {};
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(key.data() + 1, key.data() + key.size(), number);
  if (error != std::errc() || end != key.data() + key.size()) return {};
  return number;
}

}  // namespace

KeyTable::KeyTable(std::uint32_t keys, bool skewed) {
  constexpr std::uint64_t kWeight = 1ull << 32;
  std::uint64_t total = 0;
  for (std::uint32_t key = 0; key < keys; ++key) {
    total += skewed ? kWeight / (key + 1) : kWeight;
    cumulative_.push_back(total);
  }
}

std::uint32_t KeyTable::pick(std::uint64_t value) const {
  const std::uint64_t point = below(value, cumulative_.back());
  const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end(), point);
  return static_cast<std::uint32_t>(at - cumulative_.begin());
}

Client::Client(const WorkloadOptions& options, transport::ClientId id, std::uint64_t seed)
    : options_(options), keys_(options.keys, options.skewed), id_(id), seed_(seed) {
  const std::uint64_t position = number(id) - 1;
  share_ = options.operations / options.clients;
  if (position < options.operations % options.clients) ++share_;
  last_seen_.resize(options.keys);
}

std::optional<std::string> Client::next() {
  if (issued_ == share_) return std::nullopt;
  const std::uint64_t operation = issued_++;
  if (options_.machine == "kv") return kv_command(operation);
  if (options_.machine == "counter") return counter_command(operation);
  if (options_.machine == "decisions") return proposal(operation);
  return register_command(operation);
}

transport::Duration Client::think() const {
  return transport::quantised(within(draw(seed_, "think", number(id_), issued_), options_.think));
}

std::string Client::unique_value(std::uint64_t operation) const {
  std::string value = "c" + std::to_string(number(id_)) + "." + std::to_string(operation);
  if (value.size() < options_.value_bytes) value.resize(options_.value_bytes, '.');
  return value;
}

std::string Client::kv_command(std::uint64_t operation) {
  const std::uint32_t which = keys_.pick(draw(seed_, "key", number(id_), operation));
  const std::string key = "k" + std::to_string(which);
  const bool reads =
      below(draw(seed_, "read", number(id_), operation), 100) < options_.read_percent;
  if (reads) return kv::get(key);
  const std::string value = unique_value(operation);
  // Mostly puts: appends make values grow, so a put now and then keeps them short.
  switch (below(draw(seed_, "operation", number(id_), operation), 8)) {
    case 0:
      return kv::append(key, value);
    case 1:
      return kv::compare_and_set(key, last_seen_[which], value);
    case 2:
      return kv::remove(key);
    default:
      return kv::put(key, value);
  }
}

std::string Client::register_command(std::uint64_t operation) {
  const bool reads =
      below(draw(seed_, "read", number(id_), operation), 100) < options_.read_percent;
  if (reads) return register_machine::read();
  const std::string value = unique_value(operation);
  const bool swaps =
      options_.compare_and_set && below(draw(seed_, "operation", number(id_), operation), 4) == 0;
  return swaps ? register_machine::compare_and_set(last_seen_[0], value)
               : register_machine::write(value);
}

std::string Client::counter_command(std::uint64_t operation) const {
  const bool reads =
      below(draw(seed_, "read", number(id_), operation), 100) < options_.read_percent;
  if (reads) return counter::read();
  return counter::add(
      static_cast<std::int64_t>(1 + below(draw(seed_, "amount", number(id_), operation), 9)));
}

// Clients go from one set of keys to the next together: each key is decided by a few of them, and a
// run has many decisions.
std::string Client::proposal(std::uint64_t operation) const {
  const std::uint64_t set = operation / options_.keys;
  const std::uint64_t which = keys_.pick(draw(seed_, "key", number(id_), operation));
  return decisions::propose("k" + std::to_string(set * options_.keys + which),
                            unique_value(operation));
}

void Client::on_reply(std::string_view command, std::string_view result) {
  if (options_.machine == "kv") {
    const auto parsed = kv::parse_command(command);
    const auto answer = kv::parse_result(result);
    if (!parsed || !answer || parsed->operation != kv::Operation::Get) return;
    const auto which = number_of_key(parsed->key);
    if (which && *which < last_seen_.size()) last_seen_[*which] = answer->value;
  } else if (options_.machine == "register") {
    const auto parsed = register_machine::parse_command(command);
    const auto answer = register_machine::parse_result(result);
    if (!parsed || !answer || parsed->operation != register_machine::Operation::Read) return;
    last_seen_[0] = answer->value;
  }
}

transport::Between think_for(const WorkloadOptions& workload, transport::Duration storm) {
  using namespace std::chrono_literals;
  constexpr transport::Duration kOperation = 10ms;  // about what one takes in good weather
  const auto share = std::max<std::uint64_t>(workload.operations / workload.clients, 1);
  const transport::Duration pace = storm / static_cast<transport::Duration::rep>(share);
  return {0ms, std::clamp<transport::Duration>(2 * (pace - kOperation), 4ms, 400ms)};
}

bool has_workload(std::string_view machine) {
  return machine == "kv" || machine == "register" || machine == "counter" || machine == "decisions";
}

}  // namespace lockstep::chaos
