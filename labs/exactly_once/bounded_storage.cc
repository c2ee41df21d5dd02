#include "labs/exactly_once/bounded_storage.h"

#include <fmt/core.h>

namespace lockstep::labs {

using transport::Witness;

void BoundedStorage::see(const Witness& witness) {
  if (violation_ || witness.kind != Witness::Kind::Stored || witness.node != server_) return;
  for (const auto& write : witness.writes) {
    if (const auto before = sizes_.find(write.key); before != sizes_.end()) {
      bytes_ -= before->first.size() + before->second;
      sizes_.erase(before);
    }
    if (!write.value) continue;
    sizes_[write.key] = write.value.size();
    bytes_ += write.key.size() + write.value.size();
  }
  if (bytes_ <= kStoredMax) return;
  transport::Violation violation;
  violation.rule = "bounded storage";
  violation.source = "README, what the tests hold you to";
  violation.story = fmt::format(
      "the server stores {} bytes under {} keys; {} are allowed, and the state with one result for "
      "each user has less than a quarter of that",
      bytes_, sizes_.size(), kStoredMax);
  violation.event = witness.event;
  violation.at = witness.at;
  violation_ = std::move(violation);
}

}  // namespace lockstep::labs
