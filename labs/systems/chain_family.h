// Chain replication and CRAQ are one protocol here that differs in who answers reads; so are the
// systems.
#pragma once

#include "chaos/system.h"

namespace lockstep::labs {

/// All but name, paper, promise and aims. `apportioned`: every server answers reads.
chaos::System chain_family(bool apportioned);

}  // namespace lockstep::labs
