#include "transport/image.h"

#include <iterator>

namespace lockstep::transport {

Image::Records::iterator Image::place(std::string_view key) {
  if (latest_ != records_.end() && latest_->first < key) {
    const auto after = std::next(latest_);
    if (after == records_.end() || key < after->first) return latest_ = insert(after, key);
  }
  const auto at = records_.lower_bound(key);
  return latest_ = at != records_.end() && at->first == key ? at : insert(at, key);
}

Image::Records::iterator Image::insert(Records::iterator before, std::string_view key) {
  if (spare_.empty()) return records_.emplace_hint(before, key, Bytes());
  Records::node_type node = std::move(spare_.back());
  spare_.pop_back();
  node.key() = key;
  return records_.insert(before, std::move(node));
}

Image::Records::iterator Image::remove(Records::iterator at) {
  if (at == latest_) latest_ = records_.end();
  const auto after = std::next(at);
  spare_.push_back(records_.extract(at));
  return after;
}

Bytes Image::erase(std::string_view key) {
  const auto at = records_.find(key);
  if (at == records_.end()) return {};
  Bytes value = std::move(at->second);
  remove(at);
  return value;
}

}  // namespace lockstep::transport
