// One node's simulated disk, and the gate that holds back what the node sends until its writes are
// durable.
//
// Writes of one handler are one batch. A sync makes all batches durable that were written when it
// began (group commit), and releases, in handler order, everything that waited for them. A crash
// loses a suffix of the batches that no sync had covered, never a hole.
#pragma once

#include <cstdint>
#include <vector>

#include "transport/effects.h"

namespace lockstep::transport {

/// Where in a handler's release a node dies.
struct CrashPoint {
  enum class Kind : std::uint8_t {
    None,
    BeforeStorage,  ///< nothing of this handler survives
    AfterStorage,   ///< its writes are durable, nothing has left
    AfterSend,      ///< its writes are durable and the first `sends` sends have left
  };
  Kind kind = Kind::None;
  std::uint32_t sends = 0;
};

class Disk {
 public:
  /// One handler's writes and what may leave once they are durable.
  struct Held {
    std::vector<Write> writes;
    std::vector<Outgoing> outgoing;
    CrashPoint crash;

    /// Forgets all, keeps memory.
    void clear() {
      writes.clear();
      outgoing.clear();
    }
  };

  /// Takes over the writes and the not yet left outgoing of a handler. The effects keep memory for
  /// the next handler.
  void hold(Effects& effects, CrashPoint crash);

  /// True if nothing waits, so that a handler without writes may send at once.
  bool idle() const { return held_.empty(); }

  /// True if a sync has to begin: something waits and none is under way.
  bool wants_sync() const { return !held_.empty() && covered_ == 0; }

  /// A sync begins that covers all that is held. Requires: wants_sync().
  void begin_sync() { covered_ = held_.size(); }

  /// The sync is over: `release` gets each covered handler's Held, in order, until it says false
  /// (the node died in the middle). With `lies`, the writes are reported durable but are not.
  template <class Release>
  void end_sync(bool lies, Release release);

  /// Releases what is next and wrote nothing itself. Requires: no sync is under way.
  template <class Release>
  void release_dry(Release release);

  /// What a crash leaves of the un-synced writes.
  struct Loss {
    std::uint64_t kept_draw = 0;  ///< how many batches survive is drawn with this
    bool torn = false;            ///< the first lost batch survives in part, its last record cut
  };
  /// The node dies: takes lost writes back out of the image. Gives the writes that survived.
  std::vector<Write> crash(Image& image, Loss loss);

  /// Takes un-synced writes out of a copy of the image: what a crash right now might leave at
  /// least.
  void rewind(Image& copy) const;

  /// Batches that are not durable yet.
  std::size_t unsynced() const;

  /// True if an fsync that lied has not been made good.
  bool deceived() const { return !deceived_.empty(); }

 private:
  /// What is held, the oldest first. Places are used again, with the memory that they have.
  class Line {
   public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    Held& operator[](std::size_t at) { return ring_[place(at)]; }
    const Held& operator[](std::size_t at) const { return ring_[place(at)]; }

    /// A new last one. It is clear.
    Held& push();
    /// Takes out the first one, valid until the next push(). Its user clears it.
    /// Requires: not empty.
    Held& pop();
    void clear();

   private:
    std::size_t place(std::size_t at) const { return (first_ + at) & (ring_.size() - 1); }

    std::vector<Held> ring_;  // As many as a power of two.
    std::size_t first_ = 0;
    std::size_t size_ = 0;
  };

  void keep_prefix(Image& image, std::size_t whole, bool torn, std::vector<Write>& survived);
  static void cut(std::vector<Write>& writes);

  Line held_;
  std::size_t covered_ = 0;
  std::vector<Write> deceived_;  ///< reported durable by an fsync that lied
};

template <class Release>
void Disk::end_sync(bool lies, Release release) {
  if (!lies) deceived_.clear();
  while (covered_ > 0) {
    Held& held = held_.pop();
    --covered_;
    // Before the release, which may be the node's last act.
    if (lies) deceived_.insert(deceived_.end(), held.writes.begin(), held.writes.end());
    const bool alive = release(held);
    held.clear();
    if (!alive) return;
  }
}

template <class Release>
void Disk::release_dry(Release release) {
  while (!held_.empty() && held_[0].writes.empty()) {
    Held& held = held_.pop();
    const bool alive = release(held);
    held.clear();
    if (!alive) return;
  }
}

}  // namespace lockstep::transport
