// A cluster of toy nodes with constant delays, and a record of everything that happened in it.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/transport/toy.h"
#include "transport/simulated/cluster.h"

namespace lockstep::tests {

inline transport::NodeId node(std::uint32_t number) { return transport::NodeId{number}; }

/// Writes down what it sees, such as "1ms sent n1 n2 hello".
class Recorder final : public transport::Observer {
 public:
  void see(const transport::Witness& witness) override;
  const std::vector<std::string>& lines() const { return lines_; }
  /// The lines that contain `what`.
  std::vector<std::string> with(std::string_view what) const;
  std::size_t count(std::string_view what) const { return with(what).size(); }

 private:
  std::vector<std::string> lines_;
};

/// Lets a node die in the handler in which it writes or sends something chosen.
class Fault final : public transport::Interceptor {
 public:
  void on_transmission(const transport::Transmission& transmission,
                       transport::Fate& fate) override {
    if (transmit) transmit(transmission, fate);
  }
  transport::CrashPoint on_effects(transport::NodeId from,
                                   const transport::Effects& effects) override {
    return crash ? crash(from, effects) : transport::CrashPoint{};
  }
  std::function<void(const transport::Transmission&, transport::Fate&)> transmit;
  std::function<transport::CrashPoint(transport::NodeId, const transport::Effects&)> crash;
};

/// Messages take 1 ms, an fsync takes 10 ms.
transport::ClusterOptions exact(std::uint64_t seed = 1);

class Stage final : public transport::ReplySink {
 public:
  explicit Stage(transport::ClusterOptions options = exact(), std::uint32_t nodes = 3,
                 std::string on_start = {});
  ~Stage() override { loop.clear(); }

  /// A client's request with a script; it arrives 1 ms later.
  void order(std::uint32_t to, std::string script);
  void run_for(transport::Duration duration) { loop.run_until(loop.now() + duration); }
  /// What a node has heard since it started, joined by spaces; "down" if it is.
  std::string heard(std::uint32_t by) const;
  void on_reply(transport::ClientId client, transport::NodeId from,
                const transport::Reply& reply) override;

  transport::EventLoop loop;
  transport::Cluster cluster;
  Recorder recorder;
  Fault fault;
  std::vector<std::string> replies;  ///< such as "c9.1 n2 done"

 private:
  std::uint64_t next_sequence_ = 0;
};

}  // namespace lockstep::tests
