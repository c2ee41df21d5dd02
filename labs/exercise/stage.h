// Where a directed test of a lab plays: a cluster in virtual time with verbs (chaos/scenario.h),
// expectations that say what was promised, and a history of what the test's own clients saw, which
// has to be linearizable in the end.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chaos/check/history.h"
#include "chaos/scenario.h"
#include "labs/exercise/verdict.h"

namespace lockstep::labs {

/// An expectation that was not met; ends the test.
class Unmet : public std::exception {
 public:
  explicit Unmet(Finding finding) : finding_(std::move(finding)) {}
  const char* what() const noexcept override { return finding_.happened.c_str(); }
  const Finding& finding() const { return finding_; }

 private:
  Finding finding_;
};

class Stage {
 public:
  using NodeId = transport::NodeId;
  using Duration = transport::Duration;
  template <class T = void>
  using Task = asio::awaitable<T>;

  /// Requires: the system outlives the stage.
  Stage(const chaos::System& system, chaos::ScenarioOptions options);
  ~Stage();

  /// The world, with all its verbs.
  chaos::Scenario& world() { return scenario_; }
  transport::Cluster& cluster() { return scenario_.cluster(); }
  std::uint32_t nodes() const { return nodes_; }

  Task<> sleep(Duration duration) { return scenario_.sleep(duration); }

  /// Waits for somebody to lead (or to lead in a later term); stuck if that takes longer than
  /// `patience` of virtual time.
  Task<NodeId> leader(Duration patience = std::chrono::seconds(5));
  Task<NodeId> next_leader(Duration patience = std::chrono::seconds(5));

  /// Waits until the condition holds; stuck, with `what` said, if it takes longer than `patience`.
  Task<> await(std::string what, std::function<bool()> condition,
               Duration patience = std::chrono::seconds(5));

  /// One operation of a client of its own, until it is executed; recorded in the history. Stuck if
  /// that takes longer than `patience`. Asks around, as clients do.
  Task<std::string> execute(std::string command, Duration patience = std::chrono::seconds(5));

  /// The same, but asks this node only, once: the result, or nothing if it was refused or there was
  /// none in time. The operation then stays open in the history: it may take effect later.
  Task<std::optional<std::string>> attempt(NodeId node, std::string command,
                                           Duration patience = std::chrono::milliseconds(500));

  /// What must be so; otherwise the test ends as wrong, with what happened.
  void expect(bool condition, const std::string& promised, const std::string& happened);
  /// The same for two values.
  void expect_equal(const std::string& expected, const std::string& actual,
                    const std::string& promised);

  [[noreturn]] void fail(Verdict verdict, std::string promised, std::string happened);

  const chaos::HistoryRecorder& recorder() const { return recorder_; }

 private:
  std::size_t begin(const std::string& command);
  void complete(std::size_t operation, const transport::Reply& reply);
  Task<std::optional<transport::Reply>> ask(transport::ClientId client, NodeId node,
                                            std::string command, Duration patience);
  NodeId turn_from(NodeId node, const std::optional<transport::Reply>& reply);

  chaos::Scenario scenario_;
  std::uint32_t nodes_;
  const statemachine::MachineKind& machine_;
  chaos::HistoryRecorder recorder_;
  std::uint64_t processes_ = 0;
};

}  // namespace lockstep::labs
