// Not attacks, but nodes that do something else each time: a second, perturbed execution tells.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <unordered_map>

#include "tests/hostile/attacks.h"

namespace lockstep::tests {
namespace {

std::string device(const Target&) { return std::to_string(std::random_device{}()); }

std::string address(const Target&) {
  const auto object = std::make_unique<int>(1);
  return std::to_string(reinterpret_cast<std::uintptr_t>(object.get()));
}

std::string order_of_pointers(const Target&) {
  std::unordered_map<const int*, int> map;
  std::string order;
  constexpr int kObjects = 40;
  for (int object = 0; object < kObjects; ++object) map[new int(object)] = object;
  for (const auto& [pointer, object] : map) order += std::to_string(object) + " ";
  return order;
}

struct Forgetful {
  std::uint64_t known = 1;
  std::uint64_t forgotten;
};

/// Reads what the compiler must not know to be unset.
std::string unset_on_the_heap(const Target&) {
  constexpr std::size_t kMany = 64;
  const std::unique_ptr<Forgetful> object(new Forgetful);
  const std::unique_ptr<unsigned char[]> bytes(new unsigned char[kMany]);
  const volatile auto* const read = &object->forgotten;
  const volatile auto* const first = bytes.get();
  return std::to_string(*read) + " " + std::to_string(first[kMany / 2]);
}

std::string unset_on_the_stack(const Target&) {
  constexpr std::size_t kMany = 100'000;
  volatile unsigned char bytes[kMany];
  unsigned long sum = 0;
  const volatile unsigned char* volatile start = bytes;
  for (std::size_t at = 0; at < kMany; ++at) sum += start[at];
  return std::to_string(sum);
}

std::string process_number(const Target&) { return std::to_string(getpid()); }

std::string clock(const Target&) {
  return std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace

Attacks attacks_by_chance() {
  return {{"A27_random_device", device},
          {"A27_address", address},
          {"A27_order_of_pointers", order_of_pointers},
          {"A27_unset_on_the_heap", unset_on_the_heap},
          {"A27_unset_on_the_stack", unset_on_the_stack},
          {"A27_process_number", process_number},
          {"A27_clock", clock}};
}

}  // namespace lockstep::tests
