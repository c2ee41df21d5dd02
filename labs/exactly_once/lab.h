// The lab about exactly-once execution over a network that loses, repeats and reorders: a server, a
// client, a trace to read, and histories to judge.
#pragma once

#include "labs/exercise/lab.h"

namespace lockstep::labs {

Lab exactly_once_lab();

/// Part A: runs under faults, and directed tests.
void add_network_tests(LabBuilder& lab);
void add_directed_tests(LabBuilder& lab);
/// Parts B and C: answers to questions.
void add_trace_questions(LabBuilder& lab);
void add_history_questions(LabBuilder& lab);

}  // namespace lockstep::labs
