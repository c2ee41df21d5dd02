#include "tests/bench/simulator_subjects.h"

#include <memory>
#include <utility>

#include "chaos/fault_plans.h"
#include "chaos/injector.h"
#include "consensus/abd/abd.h"
#include "statemachine/register.h"
#include "tests/bench/echo.h"
#include "tests/bench/flight.h"
#include "tests/bench/raft_load.h"
#include "tests/bench/seed_run.h"

namespace lockstep::bench {
namespace {

using transport::Cluster;

constexpr int kPiece = 1000;     // Steps between two looks at the clock.
constexpr int kWarmUp = 30'000;  // Steps: elections are over, pools have grown.

/// A cluster under load with what watches and disturbs it, kept alive by its subject.
struct Stage {
  std::unique_ptr<Monitors> monitors;
  chaos::FaultPlan plan;
  std::unique_ptr<chaos::Injector> injector;
  std::unique_ptr<ClosedLoop> running;
};

Tally tally(const ClosedLoop& running) {
  return {running.events(), running.counts().handlers, running.counts().messages, running.replies(),
          0};
}

Subject subject(std::string name, std::shared_ptr<Stage> stage) {
  for (int step = 0; step < kWarmUp; ++step) stage->running->step();
  return {std::move(name),
          [stage] {
            for (int step = 0; step < kPiece; ++step) stage->running->step();
          },
          [stage] { return tally(*stage->running); }};
}

struct With {
  bool digest = true;
  bool monitors = false;
  bool injector = false;
  bool wire = false;
};

Subject cluster(std::string name, Load load, With with) {
  auto stage = std::make_shared<Stage>();
  // Between nodes only: a client of this load would wait for a lost reply for ever.
  stage->plan.set_storm_ms(3'600'000);
  stage->plan.add_fault()->mutable_loss()->set_ppm(5'000);
  stage->plan.add_fault()->mutable_duplicate()->set_ppm(5'000);
  load.attach = [with, stage = stage.get()](Cluster& cluster) {
    if (with.monitors) {
      stage->monitors = std::make_unique<Monitors>(cluster);
      cluster.add_observer(stage->monitors.get());
    }
    if (!with.injector) return;
    stage->injector = std::make_unique<chaos::Injector>(cluster, stage->plan, 1);
    cluster.add_observer(stage->injector.get());
    cluster.set_interceptor(stage->injector.get());
    stage->injector->begin();
  };
  transport::ClusterOptions options;
  options.digests = with.digest;
  options.host = transport::in_process({.wire = with.wire});
  stage->running = std::make_unique<ClosedLoop>(std::move(load), std::move(options));
  return subject(std::move(name), std::move(stage));
}

Load echo_load(bool stores) {
  Load load;
  load.clients = 0;
  load.make = [stores] {
    Echo::Options options;
    options.stores = stores;
    return std::make_unique<transport::Hosted<Echo>>(options);
  };
  return load;
}

Load abd_load() {
  Load load;
  load.clients = 16;
  load.make = [] {
    return std::make_unique<transport::Hosted<consensus::Abd>>(consensus::Abd::Options{});
  };
  load.command = [](std::uint64_t sequence) {
    return sequence % 2 == 0 ? statemachine::register_machine::read()
                             : statemachine::register_machine::write("sixteen bytes...");
  };
  return load;
}

Subject loop() {
  auto flight = std::make_shared<Flight>(64);
  return {"event loop alone",
          [flight] {
            for (int step = 0; step < kPiece; ++step) flight->loop.step();
          },
          [flight] {
            return Tally{flight->loop.fired(), 0, 0, 0, 0};
          }};
}

Subject seeds() {
  auto total = std::make_shared<Tally>();
  auto seed = std::make_shared<std::uint64_t>(0);
  return {"seeds of ten virtual seconds",
          [total, seed] {
            const SeedRun run = run_seed(++*seed);
            total->steps += run.steps;
            total->handlers += run.handlers;
            total->messages += run.messages;
            total->commits += run.commits;
            ++total->seeds;
          },
          [total] { return *total; }};
}

/// Counts what becomes durable.
class WriteCounter final : public transport::Observer {
 public:
  void see(const transport::Witness& seen) override { writes += seen.writes.size(); }
  std::uint64_t writes = 0;
};

}  // namespace

std::vector<Subject> simulator_subjects() {
  return {loop(),
          cluster("messages that are passed on", echo_load(false), {.digest = false}),
          cluster("messages that are stored, too", echo_load(true), {.digest = false}),
          cluster("Raft bare", raft_load(), {.digest = false}),
          cluster("Raft + digest", raft_load(), {}),
          cluster("Raft + digest + monitors", raft_load(), {.monitors = true}),
          cluster("Raft + digest + monitors + injector", raft_load(),
                  {.monitors = true, .injector = true}),
          cluster("Raft + digest + monitors, wire", raft_load(), {.monitors = true, .wire = true}),
          cluster("ABD + digest", abd_load(), {}),
          seeds()};
}

double raft_writes_per_step() {
  WriteCounter counter;
  Load load = raft_load();
  load.attach = [&](Cluster& cluster) { cluster.add_observer(&counter); };
  ClosedLoop running(std::move(load));
  for (int step = 0; step < kWarmUp; ++step) running.step();
  const std::uint64_t before = counter.writes;
  constexpr int kSteps = 100'000;
  for (int step = 0; step < kSteps; ++step) running.step();
  return static_cast<double>(counter.writes - before) / kSteps;
}

}  // namespace lockstep::bench
