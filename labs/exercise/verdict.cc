#include "labs/exercise/verdict.h"

namespace lockstep::labs {

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "pass";
    case Verdict::Wrong:
      return "wrong";
    case Verdict::Stuck:
      return "stuck";
    case Verdict::Crash:
      return "crash";
    case Verdict::Time:
      return "time limit";
    case Verdict::Memory:
      return "memory limit";
    case Verdict::Output:
      return "output limit";
    case Verdict::Processes:
      return "process limit";
    case Verdict::Nondeterministic:
      return "nondeterministic";
    case Verdict::Protocol:
      return "protocol violation";
    case Verdict::BuildRejected:
      return "build rejected";
    case Verdict::Infrastructure:
      return "infrastructure";
  }
  return "?";
}

bool costs_points(Verdict verdict) {
  return verdict != Verdict::Pass && verdict != Verdict::Infrastructure;
}

bool same_failure(const Finding& left, const Finding& right) {
  return left.verdict == right.verdict && left.rule == right.rule;
}

}  // namespace lockstep::labs
