#include "transport/storage.h"

#include <google/protobuf/message_lite.h>

#include <array>

namespace lockstep::transport {

void apply(Image& image, std::vector<Write>& writes) {
  for (auto& write : writes) {
    write.replaced = write.value ? image.put(write.key, write.value) : image.erase(write.key);
  }
}

void undo(Image& image, const std::vector<Write>& writes) {
  for (auto write = writes.rbegin(); write != writes.rend(); ++write) {
    write->replaced ? image.put(write->key, write->replaced) : image.erase(write->key);
  }
}

std::string numbered_key(std::string_view prefix, std::uint64_t number) {
  std::array<char, sizeof number> digits{};
  for (std::size_t at = 0; at < digits.size(); ++at) {
    digits[at] = static_cast<char>(number >> (56 - 8 * at));
  }
  std::string key;
  key.reserve(prefix.size() + digits.size());
  return key.append(prefix).append(digits.data(), digits.size());
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

void Storage::put(std::string_view key, Bytes value) {
  Bytes replaced = image_->put(key, value);
  writes_->push_back({std::string(key), std::move(value), std::move(replaced)});
}

void Storage::put(std::string_view key, const google::protobuf::MessageLite& record) {
  put(key, Bytes::compose([&](std::string& place) {
        place.resize(record.ByteSizeLong());
        record.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(place.data()));
      }));
}

void Storage::erase(std::string_view key) {
  if (Bytes replaced = image_->erase(key)) {
    writes_->push_back({std::string(key), {}, std::move(replaced)});
  }
}

void Storage::erase_range(std::string_view first, std::string_view last) {
  image_->erase(first, last, [&](const std::string& key, Bytes replaced) {
    writes_->push_back({key, {}, std::move(replaced)});
  });
}

}  // namespace lockstep::transport
