// A node's stable storage: ordered bytes -> bytes.
//
// What a node sees is a mirror that is loaded when it starts, so reads are local and cannot fail;
// rot and lost writes show at the next start. Own writes are readable at once, and durable later:
// the world keeps a handler's messages back until its writes are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/image.h"

namespace google::protobuf {
class MessageLite;
}

namespace lockstep::transport {

/// One change to storage; no value means that the key is erased.
struct Write {
  std::string key;
  Bytes value;
  /// What the key held before, if anything: a crash that loses the write puts it back.
  Bytes replaced;
};

/// Applies a batch to an image and fills in what each write replaced.
void apply(Image& image, std::vector<Write>& writes);

/// Takes writes back, the last one first. Requires: they were the last ones applied to the image.
void undo(Image& image, const std::vector<Write>& writes);

/// A key that sorts by `number`: the prefix, then eight bytes, most significant first.
std::string numbered_key(std::string_view prefix, std::uint64_t number);

/// The number at the end of a key made by numbered_key. Requires: the key is at least 8 bytes long.
std::uint64_t number_of_key(std::string_view key);

/// A node's view of its storage during a handler. All writes of one handler are one atomic batch.
class Storage {
 public:
  /// Requires: both outlive this object.
  Storage(Image& image, std::vector<Write>& writes) : image_(&image), writes_(&writes) {}

  /// The value, valid until the key is written again; nothing if there is none.
  std::optional<std::string_view> get(std::string_view key) const;

  /// Everything stored, in key order.
  const Image& image() const { return *image_; }

  void put(std::string_view key, Bytes value);
  void put(std::string_view key, const google::protobuf::MessageLite& record);

  /// Erasing a key that is not there is no write.
  void erase(std::string_view key);

  /// Erases all keys from `first` on and before `last`, in order.
  void erase_range(std::string_view first, std::string_view last);

 private:
  Image* image_;
  std::vector<Write>* writes_;
};

}  // namespace lockstep::transport
