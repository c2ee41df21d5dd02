// Says in sentences what Raft's servers do: who stands, votes and leads, what is appended, removed
// and committed, who answers clients, and messages where a figure is about them.
//
// It also keeps each server's log as the server claims it, so that a table of all logs can be drawn
// as the paper draws them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chaos/check/history.h"
#include "consensus/vocabulary.h"
#include "transport/simulated/cluster.h"

namespace lockstep::tests {

class RaftWitness final : public transport::Observer {
 public:
  RaftWitness();

  /// Messages with these bodies are told of when they leave and when they are lost.
  void show_messages(std::set<std::string_view> names) { shown_ = std::move(names); }

  /// While quiet, nothing is told; logs are kept all the same.
  void set_quiet(bool quiet);

  /// A line of the script's own.
  void note(transport::Time at, std::string_view text);

  /// All logs, one server to a line: terms by index, then what the server says of itself.
  void table(const transport::Cluster& cluster, std::string_view caption);

  void see(const transport::Witness& witness) override;

  /// Everything told so far.
  const std::string& text();

  /// What clients saw, each operation from the arrival of its request to the departure of its
  /// reply.
  chaos::History history() const { return history_.history(); }

  /// How often somebody stood for election (pre-votes do not count).
  std::uint64_t elections() const { return elections_; }

 private:
  struct Log {
    std::uint64_t base = 0;  // What a snapshot covers.
    std::vector<std::uint64_t> terms;
    std::uint64_t last() const { return base + terms.size(); }
  };
  struct Asked {
    std::string command;
    std::string text;
    std::size_t operation = 0;
  };

  void tell(const std::string& text);
  void tell_repeated();
  void flush();
  void sent(const transport::Witness& witness);
  void requested(const transport::Witness& witness);
  void replied(const transport::Witness& witness);
  void claims(transport::NodeId node, const transport::Leads& claim);
  void claims(transport::NodeId node, const transport::Follows& claim);
  void claims(transport::NodeId node, const transport::Committed& claim);
  void claims(transport::NodeId node, const transport::Applied& claim);
  void claims(transport::NodeId node, const transport::Appended& claim);
  void claims(transport::NodeId node, const transport::Truncated& claim);
  void claims(transport::NodeId node, const transport::Installed& claim);
  void claims(transport::NodeId node, const transport::Compacted& claim);
  void claims(transport::NodeId node, const transport::Reached& claim);
  void claims(transport::NodeId node, const transport::Configured& claim);
  void claims(transport::NodeId node, const transport::Served& claim);
  template <class Other>
  void claims(transport::NodeId, const Other&) {}
  std::string row(const transport::Cluster& cluster, transport::NodeId node, std::size_t width,
                  std::uint64_t first, std::uint64_t last) const;

  std::string text_;
  std::string latest_;  // What was told last, how often it came again, and when the last time.
  std::uint64_t repeated_ = 0;
  transport::Time latest_at_{};
  bool quiet_ = false;
  transport::Time at_{};
  transport::NodeId booting_{};    // Its start handler is running: it tells what it found.
  transport::NodeId appending_{};  // Its appended terms wait for more of them.
  std::uint64_t appended_first_ = 0;
  std::vector<std::uint64_t> appended_;
  std::set<std::string_view> shown_;
  std::set<std::string> candidacies_;  // Told of.
  std::map<transport::NodeId, Log> logs_;
  std::map<std::uint64_t, Asked> asked_;  // By client; each asks once.
  chaos::HistoryRecorder history_;
  std::uint64_t elections_ = 0;
  std::map<transport::NodeId, std::array<std::uint64_t, 3>> configurations_;
  bool changed_configuration_ = false;
};

}  // namespace lockstep::tests
