#include "labs/exercise/stage.h"

#include <fmt/core.h>

namespace lockstep::labs {

using transport::Duration;
using transport::NodeId;
using transport::Reply;

namespace {

constexpr Duration kTick = std::chrono::milliseconds(1);
constexpr Duration kOneAttempt = std::chrono::milliseconds(300);
constexpr Duration kBackoff = std::chrono::milliseconds(20);

std::int64_t nanoseconds(transport::Time time) { return time.time_since_epoch().count(); }

std::int64_t in_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

const statemachine::MachineKind& machine_of(const chaos::System& system,
                                            const chaos::ScenarioOptions& options) {
  return *statemachine::find_machine(options.machine.empty() ? system.machines.front()
                                                             : options.machine);
}

}  // namespace

Stage::Stage(const chaos::System& system, chaos::ScenarioOptions options)
    : scenario_(system, options),
      nodes_(options.nodes),
      machine_(machine_of(system, options)),
      recorder_(machine_) {}

Stage::~Stage() = default;

Stage::Task<NodeId> Stage::leader(Duration patience) {
  co_await await("somebody leads", [this] { return scenario_.leader().has_value(); }, patience);
  co_return *scenario_.leader();
}

Stage::Task<NodeId> Stage::next_leader(Duration patience) {
  const std::uint64_t before = scenario_.term();
  co_await await(fmt::format("somebody leads in a term after {}", before),
                 [this, before] { return scenario_.term() > before; }, patience);
  co_return *scenario_.leader();
}

Stage::Task<> Stage::await(std::string what, std::function<bool()> condition, Duration patience) {
  const auto end = cluster().now() + patience;
  while (!condition()) {
    if (cluster().now() >= end) {
      fail(Verdict::Stuck, what,
           fmt::format("{} ms of virtual time went by and it is not so", in_ms(patience)));
    }
    co_await sleep(kTick);
  }
}

std::size_t Stage::begin(const std::string& command) {
  return recorder_.invoke(++processes_, command, nanoseconds(cluster().now()));
}

void Stage::complete(std::size_t operation, const Reply& reply) {
  recorder_.complete(operation, reply.result(), nanoseconds(cluster().now()));
}

Stage::Task<std::optional<Reply>> Stage::ask(transport::ClientId client, NodeId node,
                                             std::string command, Duration patience) {
  const bool reads = machine_.read_only(command);
  return scenario_.ask(
      client, node,
      [command, reads](transport::Request& request) {
        request.set_command(command);
        request.set_read_only(reads);
      },
      patience);
}

/// Whom to ask after this answer.
NodeId Stage::turn_from(NodeId node, const std::optional<Reply>& reply) {
  const auto& nodes = cluster().nodes();
  const bool is_sent_on = reply && reply->status() == Reply::REDIRECT && reply->redirect() >= 1 &&
                          reply->redirect() <= nodes.size();
  return is_sent_on ? NodeId{reply->redirect()} : nodes[number(node) % nodes.size()];
}

Stage::Task<std::string> Stage::execute(std::string command, Duration patience) {
  const auto operation = begin(command);
  const auto client = scenario_.new_client();
  const auto end = cluster().now() + patience;
  NodeId node = scenario_.leader().value_or(cluster().nodes().front());
  for (;;) {
    const auto reply = co_await ask(client, node, command, kOneAttempt);
    if (reply && reply->status() == Reply::OK) {
      complete(operation, *reply);
      co_return reply->result();
    }
    if (cluster().now() >= end) {
      const std::string last = reply ? Reply::Status_Name(reply->status()) : "nothing";
      fail(Verdict::Stuck, "a client that insists gets its answer",
           fmt::format("\"{}\" has no answer after {} ms of virtual time; what came last, from {}, "
                       "was {}",
                       machine_.describe(command, nullptr), in_ms(patience), to_string(node),
                       last));
    }
    node = turn_from(node, reply);
    co_await sleep(kBackoff);
  }
}

Stage::Task<std::optional<std::string>> Stage::attempt(NodeId node, std::string command,
                                                       Duration patience) {
  const auto operation = begin(command);
  const auto reply = co_await ask(scenario_.new_client(), node, command, patience);
  if (!reply || reply->status() != Reply::OK) co_return std::nullopt;
  complete(operation, *reply);
  co_return reply->result();
}

void Stage::expect(bool condition, const std::string& promised, const std::string& happened) {
  if (!condition) fail(Verdict::Wrong, promised, happened);
}

void Stage::expect_equal(const std::string& expected, const std::string& actual,
                         const std::string& promised) {
  if (expected == actual) return;
  Finding finding;
  finding.verdict = Verdict::Wrong;
  finding.rule = "expectation";
  finding.promised = promised;
  finding.happened = "two values differ";
  finding.expected = expected;
  finding.actual = actual;
  throw Unmet(std::move(finding));
}

void Stage::fail(Verdict verdict, std::string promised, std::string happened) {
  Finding finding;
  finding.verdict = verdict;
  finding.rule = verdict == Verdict::Stuck ? "progress" : "expectation";
  finding.promised = std::move(promised);
  finding.happened = std::move(happened);
  throw Unmet(std::move(finding));
}

}  // namespace lockstep::labs
