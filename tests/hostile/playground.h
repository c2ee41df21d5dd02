// Where hostile nodes are let loose: files that they must not touch, a port that they must not
// reach, and a look at what is left of them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "transport/process/sandbox.h"

namespace lockstep::tests {

/// What became of a node that attacked.
struct Outcome {
  bool answered = false;
  std::string answer;  ///< of the attack
  transport::NodeDeath death;
  /// Such as "denied" or "signal".
  std::string text() const;
};

class Playground {
 public:
  Playground();
  ~Playground();
  Playground(const Playground&) = delete;
  Playground& operator=(const Playground&) = delete;

  /// Lets one life of node `self` carry out the attack.
  Outcome attack(transport::Sandbox& sandbox, const std::string& name, std::uint32_t self = 1);

  /// The same by nodes 1 and 2, which live at the same time, one after the other. The worse outcome
  /// of both.
  Outcome attack_as_two(transport::Sandbox& sandbox, const std::string& name);

  /// What was changed, reached or left behind; empty if nothing was.
  std::string damage() const;

 private:
  class Life;

  std::filesystem::path folder_;
  int listener_ = -1;
  std::map<std::string, std::string, std::less<>> options_;
  std::string mark_;
};

}  // namespace lockstep::tests
