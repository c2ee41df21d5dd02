// Attacks of nodes on whoever grades them. Each is named as in the table of hostile_test.cc, runs
// inside a handler, and answers "denied" or what it achieved; some never answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lockstep::tests {

/// What an attack knows of the grader: more than a student would.
struct Target {
  std::uint32_t self = 0;  ///< Attacks that share something plant it as node 1 and look as others.
  std::string canary;      ///< a file that nobody may read
  std::string results;     ///< a file that nobody may write
  int referee = 0;         ///< the grader's process
  int port = 0;            ///< where the grader listens on the loopback
  std::string mark;        ///< a process name by which survivors are found
};

using Attack = std::string (*)(const Target&);
using Attacks = std::map<std::string, Attack>;

Attacks attacks_by_ending();      ///< exits, crashes, forged answers
Attacks attacks_by_sharing();     ///< state behind the back of the network
Attacks attacks_on_files();       ///< tests, results, other submissions
Attacks attacks_on_resources();   ///< time, memory, output, processes
Attacks attacks_on_processes();   ///< signals, other memories, survivors
Attacks attacks_on_networks();    ///< sockets of all kinds
Attacks attacks_on_the_kernel();  ///< what only administers a machine
Attacks attacks_by_chance();      ///< no attack, but not the same twice

/// Collects what was achieved.
class Attempts {
 public:
  /// Notes an attempt that should have failed.
  void operator()(const std::string& what, bool achieved) {
    if (achieved) achieved_ += " " + what;
  }
  std::string answer() const { return achieved_.empty() ? "denied" : "achieved:" + achieved_; }

 private:
  std::string achieved_;
};

}  // namespace lockstep::tests
