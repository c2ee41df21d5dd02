// Collects what the check of reads at single replicas needs (chaos/check/replica_reads.h): the log,
// as replicas claim to have applied it, and the reads that they answered from their own state.
//
// Commands are taken from the requests of clients and found again by the digest in the claim, so
// a claim can name only what somebody asked for. Reads are told by their level.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chaos/check/replica_reads.h"
#include "transport/witness.h"

namespace lockstep::chaos {

class LocalReads final : public transport::Observer {
 public:
  /// `options` are those of requests for such reads, see ReadLevel. `sessions` makes the replicated
  /// machines, if requests stand in the log with their sessions (statemachine/session_commands.h).
  /// `group` is the one whose log is meant.
  LocalReads(const statemachine::MachineKind& machine, std::vector<std::string> options,
             std::optional<statemachine::MachineFactory> sessions, transport::GroupId group = {});

  void see(const transport::Witness& witness) override;

  /// The verdict on everything seen so far.
  std::optional<ReplicaReadsViolation> check() const;

  /// Reads that were answered.
  std::uint64_t count() const;

 private:
  struct Asked {
    std::string command;
    std::uint64_t applied = 0;  ///< by the replica when it was asked
  };
  struct Replica {
    std::uint64_t applied = 0;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Asked> asked;  ///< by client and sequence
    std::optional<std::size_t> life;                                 ///< position in lives_
    std::uint64_t starts = 0;
  };

  bool is_local(std::string_view options) const;
  void requested(const transport::Witness& witness);
  void replied(const transport::Witness& witness);
  void observed(const transport::Witness& witness);
  Replica& replica(transport::NodeId node);

  const statemachine::MachineKind& machine_;
  std::vector<std::string> options_;
  std::optional<statemachine::MachineFactory> sessions_;
  transport::GroupId group_;
  std::vector<Replica> replicas_;                   ///< by node number
  std::map<std::uint64_t, std::string> commands_;   ///< by digest
  std::map<std::uint64_t, std::uint64_t> applied_;  ///< digests by index
  std::uint64_t foremost_ = 0;
  std::vector<ReplicaLife> lives_;
};

}  // namespace lockstep::chaos
