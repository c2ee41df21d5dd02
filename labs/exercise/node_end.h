// What the end of a node's process means for a verdict.
#pragma once

#include "labs/exercise/verdict.h"
#include "transport/process/node_death.h"

namespace lockstep::labs {

/// The finding for a node whose process ended by itself, or said something that is no answer.
Finding finding_of(const transport::NodeProcessError& error);

}  // namespace lockstep::labs
