#include "labs/exercise/node_end.h"

namespace lockstep::labs {

using transport::NodeEnd;

namespace {

struct Meaning {
  Verdict verdict;
  const char* promised;
};

Meaning meaning_of(NodeEnd end) {
  switch (end) {
    case NodeEnd::Exited:
    case NodeEnd::Signal:
      return {Verdict::Crash, "no handler ends the process that it runs in"};
    case NodeEnd::CpuTime:
    case NodeEnd::Silent:
      return {Verdict::Time, "handlers return, and soon"};
    case NodeEnd::Memory:
      return {Verdict::Memory, "a node stays within its memory"};
    case NodeEnd::Output:
      return {Verdict::Output, "nodes print little: ctx.log is for their stories"};
    case NodeEnd::Processes:
      return {Verdict::Processes, "a node starts no processes, and threads only within its limit"};
    case NodeEnd::Protocol:
      return {Verdict::Protocol, "what leaves a node is a message of the protocol"};
    case NodeEnd::Infrastructure:
      return {Verdict::Infrastructure, ""};
  }
  return {Verdict::Infrastructure, ""};
}

}  // namespace

Finding finding_of(const transport::NodeProcessError& error) {
  const auto [verdict, promised] = meaning_of(error.end());
  Finding finding;
  finding.verdict = verdict;
  finding.rule = "the process of a node: " + std::string(name_of(error.end()));
  finding.promised = promised;
  finding.happened = error.what();
  if (!error.death().words.empty()) {
    finding.happened += "\nthe last that it wrote:\n" + error.death().words;
  }
  return finding;
}

}  // namespace lockstep::labs
