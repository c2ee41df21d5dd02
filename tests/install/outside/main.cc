// A protocol of a stranger's own: a register that one node keeps without telling the others. On one
// node it is linearizable; on two, a client that turns to the other node reads what is stale.
#include <cstdio>

#include "chaos/simulation.h"
#include "ping.messages.h"
#include "statemachine/register.h"

using namespace lockstep;

class Alone {
 public:
  using Message = outside::ping::Message;
  enum class Timer { Never };
  struct Options {};
  using Ctx = transport::Context<Alone>;
  explicit Alone(Options) : machine_(statemachine::register_machine::make()) {}

  void on(Ctx&, transport::Start) {}
  void on(Ctx& ctx, const transport::Request& request) {
    transport::Reply reply;
    reply.set_result(ctx.apply(machine_, ++applied_, request.command()));
    ctx.reply(transport::ClientId{request.client()}, request.sequence(), std::move(reply));
    ctx.broadcast(ctx.initial_members(), outside::ping::Ping{});
  }
  void on(Ctx& ctx, transport::NodeId from, const outside::ping::Ping&) {
    ctx.send(from, outside::ping::Pong{});
  }
  void on(Ctx&, transport::NodeId, const outside::ping::Pong&) {}
  void on(Ctx&, Timer, std::uint64_t) {}

 private:
  statemachine::AnyMachine machine_;
  std::uint64_t applied_ = 0;
};

int main() {
  chaos::System system;
  system.name = "alone";
  system.machines = {"register"};
  system.any_node = true;
  system.make_node = [](const chaos::OptionValues&, const statemachine::MachineKind&)
      -> std::variant<std::shared_ptr<transport::Node>, std::string> {
    return std::make_shared<transport::Hosted<Alone>>(Alone::Options{});
  };
  system.survives = [](const chaos::OptionValues&) { return chaos::FaultModel{}; };
  system.monitors = [](std::uint32_t) { return std::vector<chaos::AnyMonitor>{}; };
  system.promises = [] { return std::optional<chaos::AnyPromises>{}; };

  chaos::RunSpec spec;
  spec.system = &system;
  spec.workload.machine = "register";
  spec.workload.operations = 200;
  spec.plan.set_storm_ms(1000);
  spec.nodes = 1;
  const bool one_holds = simulate(spec).judgement == chaos::Judgement::Holds;
  spec.nodes = 2;
  const bool two_fail = simulate(spec).judgement == chaos::Judgement::Wrong;
  std::printf("one node %s, two nodes %s\n", one_holds ? "holds" : "FAILS",
              two_fail ? "are caught" : "ARE NOT CAUGHT");
  return one_holds && two_fail ? 0 : 1;
}
