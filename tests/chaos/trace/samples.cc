#include "tests/chaos/trace/samples.h"

#include <doctest/doctest.h>

#include <sstream>

#include "consensus/abd/abd.h"
#include "labs/systems/registry.h"
#include "statemachine/register.h"

namespace lockstep::chaos {

using namespace std::chrono_literals;
using transport::ClientId;
using transport::Cluster;
using transport::Envelope;
using transport::EventLoop;
using transport::NodeId;

namespace {

Envelope request(std::uint64_t client, std::uint64_t sequence, const std::string& command) {
  return transport::compose<transport::Request, transport::Request>([&](auto& made) {
    made.set_client(client);
    made.set_sequence(sequence);
    made.set_command(command);
  });
}

/// Drives a cluster of three; `recorder` may be null.
std::uint64_t drive(TraceRecorder* recorder) {
  EventLoop loop;
  Cluster cluster(loop, {});
  const transport::Hosted<consensus::Abd> prototype{consensus::Abd::Options{}};
  for (std::uint32_t id = 1; id <= 3; ++id) cluster.add(NodeId{id}, prototype.fresh());
  if (recorder != nullptr) recorder->watch(cluster);
  for (const NodeId node : cluster.nodes()) cluster.start(node);
  namespace machine = statemachine::register_machine;
  cluster.submit(ClientId{1}, NodeId{1}, request(1, 1, machine::write("first")));
  loop.run_until(transport::Time(30ms));
  cluster.crash(NodeId{2});
  cluster.restart(NodeId{2});
  cluster.submit(ClientId{2}, NodeId{2}, request(2, 1, machine::read()));
  loop.run_until(transport::Time(60ms));
  return cluster.digest();
}

RunDescription description() {
  RunDescription run;
  run.set_system("abd");
  run.set_nodes(3);
  run.set_seed(1);
  run.mutable_workload()->set_machine("register");
  return run;
}

}  // namespace

std::string small_trace(TraceLimits limits) {
  TraceRecorder recorder(limits);
  RunResult result;
  result.digest = drive(&recorder);
  return recorder.seal(description(), "by hand", result);
}

std::uint64_t small_digest() { return drive(nullptr); }

std::string hand_made(const std::vector<transport::Witness>& seen) {
  TraceRecorder recorder;
  for (const auto& witness : seen) recorder.see(witness);
  return recorder.seal(description(), "by hand", {});
}

RunSpec run_of(const std::string& system, std::uint64_t seed) {
  RunSpec spec;
  spec.system = labs::find_system(system);
  REQUIRE(spec.system != nullptr);
  spec.nodes = 3;
  spec.seed = seed;
  spec.workload.machine = spec.system->machines.front();
  spec.workload.clients = 2;
  spec.workload.operations = 60;
  spec.plan.set_storm_ms(1000);
  // Every request is to be found in the logs, reads too.
  if (system == "raft") spec.options["read"] = "log";
  return spec;
}

Trace read_back(std::string bytes) {
  auto read = Trace::parse(std::move(bytes), "sample");
  if (const auto* error = std::get_if<TraceError>(&read)) FAIL(error->text());
  return std::move(std::get<Trace>(read));
}

std::string printed(Trace& trace, const TraceFilter& filter, const TraceStyle& style) {
  std::string text;
  print(trace, filter, style, [&](std::string_view part) {
    text += part;
    return true;
  });
  return text;
}

std::string printed(const std::string& bytes, const TraceFilter& filter, const TraceStyle& style) {
  Trace trace = read_back(bytes);
  return printed(trace, filter, style);
}

std::vector<std::string> lines_with(const std::string& text, const std::string& part) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.find(part) != std::string::npos) lines.push_back(line);
  }
  return lines;
}

}  // namespace lockstep::chaos
