// The lab in which Raft is built: elections, replication, persistence, snapshots, linearizable
// reads, and what a server in production needs besides.
#pragma once

#include "labs/exercise/lab.h"

namespace lockstep::labs {

Lab raft_lab();

/// One function for each part's tests, in files of their own.
void add_election_tests(LabBuilder& lab);
void add_replication_tests(LabBuilder& lab);
void add_repair_tests(LabBuilder& lab);
void add_persistence_tests(LabBuilder& lab);
void add_snapshot_tests(LabBuilder& lab);
void add_read_tests(LabBuilder& lab);
void add_operation_tests(LabBuilder& lab);
void add_membership_tests(LabBuilder& lab);
void add_configuration_tests(LabBuilder& lab);

}  // namespace lockstep::labs
