// A shared, immutable message on its way, with its content digest and its size.
//
// Messages are built in place in a cell that comes from a pool and goes back to it when the last
// reference is gone; a broadcast shares one cell among its receivers. From the moment a world holds
// an envelope its content never changes (a world in checking mode verifies that).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "statemachine/fold.h"

namespace google::protobuf {
class Message;
}

namespace lockstep::transport {

/// What can be done with an envelope whose message type is not known.
struct EnvelopeType {
  const void* protocol;  ///< unique per message type, see protocol_tag()
  std::uint64_t (*digest)(const google::protobuf::Message&);
  std::string_view (*name)(const google::protobuf::Message&);  ///< of the body, such as "Append"
};

namespace detail {

struct Cell {
  std::uint32_t references = 0;
  const EnvelopeType* type = nullptr;
  google::protobuf::Message* message = nullptr;
  void (*recycle)(Cell*) = nullptr;
  mutable std::uint64_t digest = 0;
  mutable std::uint32_t bytes = 0;
};

std::uint32_t size_of(const google::protobuf::Message& message);

}  // namespace detail

/// An intrusive shared pointer to an immutable Protobuf message. One thread only.
class Envelope {
 public:
  Envelope() = default;
  explicit Envelope(detail::Cell* cell) : cell_(cell) { ++cell_->references; }
  Envelope(const Envelope& other) : cell_(other.cell_) {
    if (cell_ != nullptr) ++cell_->references;
  }
  Envelope(Envelope&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  Envelope& operator=(Envelope other) noexcept {
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~Envelope() {
    if (cell_ != nullptr && --cell_->references == 0) cell_->recycle(cell_);
  }

  explicit operator bool() const { return cell_ != nullptr; }

  /// The message. Requires: the envelope is not empty (so for all that follow).
  const google::protobuf::Message& message() const { return *cell_->message; }

  /// True if the message is one of the protocol whose envelope type is `Message`.
  bool belongs_to(const void* protocol) const { return cell_->type->protocol == protocol; }

  /// Name of the body, as the protocol's .proto spells its type.
  std::string_view name() const { return cell_->type->name(*cell_->message); }

  /// Content digest, computed once.
  std::uint64_t digest() const {
    if (cell_->digest == 0) cell_->digest = fresh_digest();
    return cell_->digest;
  }

  /// Content digest, computed now: differs from digest() if somebody changed the message.
  std::uint64_t fresh_digest() const { return cell_->type->digest(*cell_->message) | 1; }

  /// Size on the wire in bytes, computed once.
  std::uint32_t bytes() const {
    if (cell_->bytes == 0) cell_->bytes = detail::size_of(*cell_->message);
    return cell_->bytes;
  }

 private:
  detail::Cell* cell_ = nullptr;
};

namespace detail {
template <class Message>
inline constexpr char kProtocol = 0;
}

/// An address that no other message type shares.
template <class Message>
constexpr const void* protocol_tag() {
  return &detail::kProtocol<Message>;
}

namespace detail {

template <class Message>
std::uint64_t digest_message(const google::protobuf::Message& message) {
  statemachine::Fold digest;
  fold(digest, static_cast<const Message&>(message));
  return digest.digest();
}

template <class Message>
std::string_view name_message(const google::protobuf::Message& message) {
  return body_name(static_cast<const Message&>(message));
}

template <class Message>
inline constexpr EnvelopeType kType{protocol_tag<Message>(), &digest_message<Message>,
                                    &name_message<Message>};

/// A message together with one body of it, kept for reuse: clearing the body keeps its memory.
template <class Message, class Body>
struct PooledCell : Cell {
  Message owned;
  Body* body = nullptr;

  PooledCell() {
    type = &kType<Message>;
    message = &owned;
    if constexpr (std::is_same_v<Message, Body>) {
      body = &owned;
    } else {
      body = &wrap(owned, std::type_identity<Body>{});
    }
    recycle = [](Cell* cell) {
      auto* self = static_cast<PooledCell*>(cell);
      self->body->Clear();
      self->digest = 0;
      self->bytes = 0;
      free_cells().emplace_back(self);
    };
  }

  static std::vector<std::unique_ptr<PooledCell>>& free_cells() {
    // Never destroyed: envelopes may outlive any static object. It stays reachable.
    static auto* const cells = new std::vector<std::unique_ptr<PooledCell>>;
    return *cells;
  }

  static PooledCell* take() {
    auto& cells = free_cells();
    if (cells.empty()) return new PooledCell;
    auto* cell = cells.back().release();
    cells.pop_back();
    return cell;
  }
};

/// A message that was parsed: its body is not known beforehand, so it is not pooled.
template <class Message>
struct ParsedCell : Cell {
  Message owned;

  ParsedCell() {
    type = &kType<Message>;
    message = &owned;
    recycle = [](Cell* cell) { delete static_cast<ParsedCell*>(cell); };
  }
};

}  // namespace detail

/// Builds a message in place: `fill` gets the empty body. For a message without bodies (Request,
/// Reply) Body is the message itself.
template <class Message, class Body, class Fill>
Envelope compose(Fill&& fill) {
  auto* cell = detail::PooledCell<Message, Body>::take();
  Envelope envelope{cell};
  std::forward<Fill>(fill)(*cell->body);
  return envelope;
}

/// Parses bytes from the wire; an empty envelope if they are not a `Message`.
template <class Message>
Envelope parse_envelope(std::string_view bytes) {
  auto cell = std::make_unique<detail::ParsedCell<Message>>();
  if (!cell->owned.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  return Envelope{cell.release()};
}

}  // namespace lockstep::transport
