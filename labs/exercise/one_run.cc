#include "labs/exercise/one_run.h"

#include <fmt/core.h>

#include "labs/exercise/recorded_test.h"
#include "labs/exercise/shrink.h"

extern "C" __attribute__((noinline)) void lockstep_debug_event(std::uint64_t event,
                                                               std::uint32_t node) {
  // So that neither the function nor its arguments are optimised away.
  asm volatile("" : : "r"(event), "r"(node) : "memory");
}

namespace lockstep::labs {
namespace {

class DebugStop final : public transport::Observer {
 public:
  explicit DebugStop(std::uint64_t event) : event_(event) {}
  void see(const transport::Witness& witness) override {
    using Kind = transport::Witness::Kind;
    const bool begins_handler = witness.kind == Kind::Started || witness.kind == Kind::Delivered ||
                                witness.kind == Kind::Requested || witness.kind == Kind::Fired;
    if (begins_handler && witness.event == event_) {
      lockstep_debug_event(witness.event, number(witness.node));
    }
  }

 private:
  std::uint64_t event_;
};

/// Nothing if the test passes with this seed, or fails in no smaller run.
std::optional<Smaller> smaller_of(const Lab& lab, const LabTest& test, const OneRun& run,
                                  const Execution& execution) {
  if (!run.small) return std::nullopt;
  const Finding finding = run_test(lab, test, run.seed, execution);
  if (finding.verdict == Verdict::Pass) return std::nullopt;
  return smaller_failure(lab, test, run.seed, finding, execution);
}

}  // namespace

std::optional<Finding> run_once(const Lab& lab, const LabTest& test, const OneRun& run,
                                const Execution& given) {
  const auto smaller = smaller_of(lab, test, run, given);
  Execution execution = given;
  DebugStop stop(run.stop_at);
  if (run.stop_at != 0) {
    execution.attach = [&](transport::Cluster& cluster) { cluster.add_observer(&stop); };
  }
  if (run.trace.empty()) {
    return smaller ? run_spec(smaller->spec, execution) : run_test(lab, test, run.seed, execution);
  }
  const auto recorded = smaller ? record_spec(smaller->spec, execution, run.replay)
                                : record_test(lab, test, run.seed, execution, run.replay);
  if (const auto problem = chaos::write_trace(run.trace, recorded.trace)) {
    fmt::print(stderr, "{}\n", *problem);
    return std::nullopt;
  }
  return recorded.finding;
}

}  // namespace lockstep::labs
