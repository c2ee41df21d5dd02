// Runs under faults with a workload, as the tests of this lab make them.
#pragma once

#include <string>
#include <string_view>

#include "labs/exercise/lab.h"

namespace lockstep::labs {

/// Far more events than a run of this lab has whose nodes do not chatter without end.
inline constexpr std::uint64_t kEventsMax = 500'000;

/// What such a run has besides its faults; small, so that a student waits for none of them.
struct Storm {
  std::uint32_t nodes = 5;
  std::uint64_t operations = 160;
  std::uint32_t clients = 4;
  std::uint32_t keys = 4;
  std::uint32_t read_percent = 40;
  std::uint32_t value_bytes = 12;
  chaos::OptionValues options;
  /// Every how many promises a restarted copy is asked whether it keeps them; 0 for never.
  std::uint64_t probe_stride = 0;
};

/// A plan: leaders die or are cut off again and again (Figure 8), on a network that loses a tenth
/// and lets messages overtake each other.
inline constexpr std::string_view kRestless = R"(
storm_ms: 2500
conditions { delay_low_us: 1000 delay_high_us: 60000 loss_ppm: 100000
    duplicate_ppm: 50000 reorder_ppm: 400000 }
fault { at_ms: 400 for_ms: 250 crash { node { role: LEADER } } }
fault { at_ms: 800 for_ms: 300 isolate { node { role: LEADER } } }
fault { at_ms: 1200 for_ms: 250 crash { node { role: LEADER } point: AFTER_SEND sends: 1 } }
fault { at_ms: 1600 for_ms: 300 isolate { node { role: LEADER } direction: OUTGOING } }
fault { at_ms: 2000 for_ms: 300 crash { node { role: LEADER } } }
)";

/// Faults drawn from the seed, from inside what has to be survived; some messages are repeated in
/// any case.
Property swarm(Storm storm, chaos::FaultModel model);

/// Nodes die in the middle of a write, of which a part survives: any write, or one that replaces a
/// vote. Which ones depends on the seed.
Property torn_writes(Storm storm);

/// The same of a follower among three that compacts its log all the time, and on which then depends
/// whether what was committed is kept. Requires: three nodes.
Property torn_followers(Storm storm);

/// The faults that a plan in Protobuf text tells (docs/faults.md). Requires: it is well-formed.
Property story(Storm storm, std::string_view plan);

}  // namespace lockstep::labs
