// A leader's rounds of confirmation: by answering a message of a round, a quorum shows that nobody
// led a later term when that round began (Raft dissertation §6.4). A read that waits for a later
// round is linearizable; and for as long as followers refuse to vote after they heard from their
// leader, the round's beginning is the beginning of a lease (§6.4.1).
#pragma once

#include <cstdint>
#include <deque>

#include "transport/time.h"

namespace lockstep::consensus {

class Rounds {
 public:
  /// Begins a round at the leader's local time; all messages from now on belong to it.
  void begin(transport::Time now) {
    started_.push_back(now);
    // Without a quorum nothing is ever confirmed; then the oldest rounds are of no use any more.
    if (started_.size() > kRemembered) started_.pop_front();
    ++latest_;
  }

  /// The round that messages belong to now; 0 before the first.
  std::uint64_t latest() const { return latest_; }

  /// A quorum answered this round. True if that was news.
  bool confirm(std::uint64_t round) {
    if (round <= confirmed_ || round > latest_) return false;
    confirmed_ = round;
    while (started_.size() > latest_ - confirmed_ + 1) started_.pop_front();
    const bool remembered = started_.size() == latest_ - confirmed_ + 1;
    if (remembered) confirmed_since_ = started_.front();
    return true;
  }

  std::uint64_t confirmed() const { return confirmed_; }

  /// When the latest confirmed round began. Requires: one was confirmed.
  transport::Time confirmed_since() const { return confirmed_since_; }

 private:
  static constexpr std::size_t kRemembered = 64;

  std::uint64_t latest_ = 0;
  std::uint64_t confirmed_ = 0;
  transport::Time confirmed_since_{};
  std::deque<transport::Time> started_;  // Of the latest rounds, ascending.
};

}  // namespace lockstep::consensus
