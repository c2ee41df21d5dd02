#include "transport/process/cage/perturbed_heap.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace lockstep::transport {
namespace {

std::uint32_t perturbation_in_force = 0;
std::atomic<std::uint32_t> allocations = 0;

/// A multiple of the alignment that differs from one allocation to the next.
std::size_t padding() {
  constexpr std::size_t kGrain = 16;
  constexpr std::uint32_t kVariety = 7;
  std::uint32_t draw = (allocations.fetch_add(1, std::memory_order_relaxed) + 1) *
                       (2 * perturbation_in_force + 1) * 2'654'435'761u;
  draw ^= draw >> 15;
  return draw % kVariety * kGrain;
}

void* allocate(std::size_t size) {
  if (perturbation_in_force == 0) return std::malloc(size);
  void* const memory = std::malloc(size + padding());
  if (memory != nullptr) std::memset(memory, static_cast<int>(perturbation_in_force | 1), size);
  return memory;
}

void* allocate_or_throw(std::size_t size) {
  for (;;) {
    if (void* const memory = allocate(size == 0 ? 1 : size)) return memory;
    const auto handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

}  // namespace

void perturb_heap(std::uint32_t perturbation) {
  constexpr std::uint32_t kFills = 254;
  if (perturbation == 0) return;
  perturbation_in_force = perturbation;
  // What malloc gives directly.
  mallopt(M_PERTURB, static_cast<int>(1 + perturbation % kFills));
}

}  // namespace lockstep::transport

void* operator new(std::size_t size) { return lockstep::transport::allocate_or_throw(size); }
void* operator new[](std::size_t size) { return lockstep::transport::allocate_or_throw(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
