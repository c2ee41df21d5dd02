// Forks one node after the other on a referee's orders, without ever running a node's code itself:
// a module is loaded by each life for itself, inside its cage. So the lives share nothing that the
// code of a submission could have prepared, and a life costs a fork instead of an exec.
#pragma once

#include "transport/process/cage.pb.h"
#include "transport/process/cage/confinement.h"
#include "transport/process/cage/syscall_filter.h"
#include "transport/process/pipes.h"

namespace lockstep::transport {

class Zygote {
 public:
  /// Requires: the cage that all lives share has been built.
  Zygote(int control, const process::CageSettings& settings, SyscallFilter filter)
      : control_(control), settings_(settings), filter_(std::move(filter)) {}

  /// Carries orders out until the referee hangs up; then ends all lives.
  void run();

 private:
  struct Life {
    std::uint64_t number;
    pid_t process;
  };

  void begin(std::uint64_t number, const std::vector<Descriptor>& descriptors);
  process::CageReport end(const process::CageOrder& order);
  void end_all();

  int control_;
  const process::CageSettings& settings_;
  SyscallFilter filter_;
  std::vector<Life> lives_;
};

}  // namespace lockstep::transport
