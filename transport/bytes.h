// An immutable string of bytes that its holders share, or nothing.
//
// What a node stores is in its image, in the batch on its way to the disk and, for a while, in
// whoever might have to take the batch back. All of them hold the same bytes. The cells come from a
// pool, so that storing a record of ordinary size allocates nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace lockstep::transport {

/// An intrusive shared pointer to a constant string. One thread only.
class Bytes {
 public:
  /// Nothing, which is not the same as an empty string.
  Bytes() = default;
  Bytes(std::string value);  // NOLINT(google-explicit-constructor): a string is bytes.
  Bytes(const char* value) : Bytes(std::string_view(value)) {}  // NOLINT: so is a literal.
  explicit Bytes(std::string_view value)
      : Bytes(compose([&](std::string& place) { place = value; })) {}
  Bytes(const Bytes& other) : cell_(other.cell_) {
    if (cell_ != nullptr) ++cell_->references;
  }
  Bytes(Bytes&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  Bytes& operator=(Bytes other) noexcept {
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~Bytes() {
    if (cell_ != nullptr && --cell_->references == 0) recycle(cell_);
  }

  /// Bytes that `fill` writes into an empty string.
  template <class Fill>
  static Bytes compose(Fill&& fill) {
    Bytes bytes(take());
    std::forward<Fill>(fill)(bytes.cell_->value);
    return bytes;
  }

  explicit operator bool() const { return cell_ != nullptr; }

  /// Requires: not nothing (so for all that follow).
  const std::string& operator*() const { return cell_->value; }
  const std::string* operator->() const { return &cell_->value; }
  std::size_t size() const { return cell_->value.size(); }
  operator const std::string&() const { return cell_->value; }  // NOLINT: it is a string.
  operator std::string_view() const { return cell_->value; }    // NOLINT: it is a string.

  /// Equal bytes, or nothing and nothing.
  friend bool operator==(const Bytes& one, const Bytes& other) {
    if (one.cell_ == nullptr || other.cell_ == nullptr) return one.cell_ == other.cell_;
    return one.cell_->value == other.cell_->value;
  }
  friend bool operator==(const Bytes& one, const char* other) {
    return one.cell_ != nullptr && one.cell_->value == other;
  }

 private:
  struct Cell {
    std::uint32_t references = 0;
    std::string value;
  };
  explicit Bytes(Cell* cell) : cell_(cell) { ++cell_->references; }
  struct Pool;
  static Cell* take();
  static void recycle(Cell* cell);

  Cell* cell_ = nullptr;
};

}  // namespace lockstep::transport
