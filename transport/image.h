// What a node has stored: bytes by key, in key order.
//
// A map that is quick where logs are: a key that comes right after the last one written is put
// there without a search, and what is erased leaves its place in memory to what is written next.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/bytes.h"

namespace lockstep::transport {

class Image {
  using Records = std::map<std::string, Bytes, std::less<>>;

 public:
  using const_iterator = Records::const_iterator;

  Image() = default;
  Image(std::initializer_list<Records::value_type> records) : records_(records) {}
  Image(const Image& other) : records_(other.records_) {}
  Image(Image&& other) noexcept : records_(std::move(other.records_)) { other.clear(); }
  Image& operator=(Image other) noexcept {
    records_.swap(other.records_);
    spare_.swap(other.spare_);
    latest_ = records_.end();
    return *this;
  }
  ~Image() = default;

  const_iterator begin() const { return records_.begin(); }
  const_iterator end() const { return records_.end(); }
  const_iterator find(std::string_view key) const { return records_.find(key); }
  const_iterator lower_bound(std::string_view key) const { return records_.lower_bound(key); }
  bool contains(std::string_view key) const { return find(key) != end(); }
  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }

  /// The bytes under a key, made if they are not there.
  Bytes& operator[](std::string_view key) { return place(key)->second; }

  /// Sets the bytes under a key, and gives those that were there, or nothing.
  Bytes put(std::string_view key, Bytes value) {
    return std::exchange((*this)[key], std::move(value));
  }

  /// Removes a key, and gives its bytes, or nothing if it was not there.
  Bytes erase(std::string_view key);

  /// Removes the keys from `first` on and before `last`; `each` gets every key and its bytes.
  template <class Each>
  void erase(std::string_view first, std::string_view last, Each each);

  void clear() {
    records_.clear();
    latest_ = records_.end();
  }

  friend bool operator==(const Image& one, const Image& other) {
    return one.records_ == other.records_;
  }

 private:
  Records::iterator place(std::string_view key);
  Records::iterator insert(Records::iterator before, std::string_view key);
  Records::iterator remove(Records::iterator at);

  Records records_;
  Records::iterator latest_ = records_.end();  // The last one written, or the end.
  std::vector<Records::node_type> spare_;
};

template <class Each>
void Image::erase(std::string_view first, std::string_view last, Each each) {
  // clang 14 does not find operator< here.
  const auto is_before = [&](const std::string& key) { return last.compare(key) > 0; };
  for (auto at = records_.lower_bound(first); at != records_.end() && is_before(at->first);) {
    each(at->first, std::move(at->second));
    at = remove(at);
  }
}

}  // namespace lockstep::transport
