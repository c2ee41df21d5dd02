// Pipes and the descriptors that a process inherits.
#pragma once

#include <optional>
#include <utility>

namespace lockstep::transport {

/// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// The two ends of a pipe; no exec'ed program inherits them.
struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

/// Nothing if the process has no descriptors left; errno says so.
std::optional<Pipe> open_pipe();

/// Closes descriptors first .. last, whether they are open or not.
void close_between(int first, int last);

/// Closes all descriptors from `first` on.
void close_from(int first);

}  // namespace lockstep::transport
