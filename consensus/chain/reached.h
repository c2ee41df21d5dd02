// What a run of a chain may reach, for coverage aims: the kinds of its `Reached` claims.
#pragma once

#include <cstdint>

namespace lockstep::consensus {

enum class ChainReach : std::uint32_t {
  HeadRemoved,  ///< as the head of the next epoch sees it; so are the next three
  MiddleRemoved,
  TailRemoved,
  Joined,            ///< a server became a member again
  FalselySuspected,  ///< a server that ran all the time learnt that it was removed
  TailRead,          ///< a read was answered by the tail
  CleanRead,         ///< by another server, at once
  DirtyRead,         ///< by another server, after a question to the tail
  EventualRead,      ///< by any server from what it knew to be committed
  BoundedRead,       ///< from a version that was replaced a short while ago at most
};

}  // namespace lockstep::consensus
