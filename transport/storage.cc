#include "transport/storage.h"

#include <google/protobuf/message_lite.h>

namespace lockstep::transport {

void apply(Image& image, const std::vector<Write>& writes) {
  for (const auto& write : writes) {
    if (write.value) {
      image.insert_or_assign(write.key, *write.value);
    } else {
      image.erase(write.key);
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
  image_->insert_or_assign(key, value);
  writes_->push_back({std::move(key), std::move(value)});
}

void Storage::put(std::string key, const google::protobuf::MessageLite& record) {
  put(std::move(key), record.SerializeAsString());
}

void Storage::erase(std::string_view key) {
  const auto found = image_->find(key);
  if (found == image_->end()) return;
  image_->erase(found);
  writes_->push_back({std::string(key), std::nullopt});
}

}  // namespace lockstep::transport
