#include "transport/storage.h"

#include <google/protobuf/message_lite.h>

namespace lockstep::transport {

namespace {

void apply_one(Image& image, Write& write) {
  const auto at = image.find(write.key);
  if (at == image.end()) {
    if (write.value) image.emplace(write.key, *write.value);
    return;
  }
  write.replaced = std::move(at->second);
  if (write.value) {
    at->second = *write.value;
  } else {
    image.erase(at);
  }
}

}  // namespace

void apply(Image& image, std::vector<Write>& writes) {
  for (auto& write : writes) apply_one(image, write);
}

void undo(Image& image, const std::vector<Write>& writes) {
  for (auto write = writes.rbegin(); write != writes.rend(); ++write) {
    if (write->replaced) {
      image.insert_or_assign(write->key, *write->replaced);
    } else {
      image.erase(write->key);
    }
  }
}

std::string numbered_key(std::string_view prefix, std::uint64_t number) {
  std::string key;
  key.reserve(prefix.size() + sizeof number);
  key = prefix;
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(number >> shift);
  return key;
}

std::uint64_t number_of_key(std::string_view key) {
  std::uint64_t number = 0;
  for (const char byte : key.substr(key.size() - sizeof number)) {
    number = number << 8 | static_cast<unsigned char>(byte);
  }
  return number;
}

std::optional<std::string_view> Storage::get(std::string_view key) const {
  const auto found = image_->find(key);
  if (found == image_->end()) return std::nullopt;
  return found->second;
}

void Storage::put(std::string key, std::string value) {
  writes_->push_back({std::move(key), std::move(value), std::nullopt});
  apply_one(*image_, writes_->back());
}

void Storage::put(std::string key, const google::protobuf::MessageLite& record) {
  put(std::move(key), record.SerializeAsString());
}

void Storage::erase(std::string_view key) {
  if (image_->find(key) == image_->end()) return;
  writes_->push_back({std::string(key), std::nullopt, std::nullopt});
  apply_one(*image_, writes_->back());
}

}  // namespace lockstep::transport
