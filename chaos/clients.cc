#include "chaos/clients.h"

#include <algorithm>
#include <optional>

#include "transport/check.h"
#include "transport/random.h"
#include "transport/simulated/executor.h"

namespace lockstep::chaos {

using asio::awaitable;
using transport::below;
using transport::ClientId;
using transport::Duration;
using transport::Envelope;
using transport::NodeId;
using transport::Reply;
using transport::Request;
using transport::Time;

namespace {

/// What a waiting client is woken by: a reply, or its own alarm clock.
using Wakeup = std::optional<Reply>;

}  // namespace

constexpr std::uint32_t kRedirectsMax = 3;

/// One session: at most one operation is open in it at a time.
class Clients::Session final : private transport::Event::Target {
 public:
  Session(Engine& engine, ClientId id);

  /// One operation from invocation to return or time-out. Gives the result if there was one.
  awaitable<std::optional<std::string>> call(const std::string& command);

  void on_reply(NodeId from, const Reply& reply);

  ClientId id() const { return id_; }
  bool is_idle() const { return idle_; }

 private:
  void fire(transport::Event& event) override;
  void set_alarm(Time at);
  void submit(const std::string& command);
  void choose_level();
  bool roams() const;
  std::size_t& hint();
  void turn_to_another_node();
  void go_home();
  awaitable<bool> refused(const Reply& reply, Time give_up);
  std::uint64_t draw(transport::Purpose purpose) {
    return transport::draw(seed_, purpose, number(id_), draws_++);
  }

  Engine& engine_;
  ClientId id_;
  std::uint64_t seed_;
  std::uint64_t draws_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t alarm_ = 0;
  bool idle_ = true;
  std::size_t read_hint_ = 0;  ///< position in the engine's list of nodes
  std::size_t write_hint_ = 0;
  std::size_t roaming_hint_ = 0;  ///< of reads that any node answers
  std::uint32_t redirects_ = 0;   ///< of the operation under way
  bool reading_ = false;
  const ReadLevel* level_ = nullptr;  ///< of the read under way, if there are levels
  transport::Mailbox<Wakeup> mailbox_;
};

class Clients::Engine {
 public:
  Engine(transport::Cluster& on, const System& of, const OptionValues& values,
         std::vector<ReadLevel> levels_of_reads, const WorkloadOptions& options,
         const Patience& how_patient, std::uint64_t with_seed)
      : cluster(on),
        nodes(serving_nodes(of, values, on.founders())),
        system(of),
        machine(*statemachine::find_machine(options.machine)),
        levels(std::move(levels_of_reads)),
        workload(options),
        patience(how_patient),
        seed(with_seed),
        time(on.loop()),
        recorder(machine) {
    workload.compare_and_set = workload.compare_and_set && system.compare_and_set;
    for (std::uint64_t id = 1; id <= workload.clients; ++id) {
      workers.push_back({Client(workload, ClientId{id}, seed), nullptr, {}});
    }
    count_eager();
  }

  struct Worker {
    Client client;
    Session* session;  ///< of a closed loop
    Time last_answer;
    std::uint64_t answered = 0;
  };

  void begin() {
    for (auto& worker : workers) {
      worker.session = &open_session(worker.client.id());
      time.spawn(workload.open_loop ? arrive(worker) : work(worker));
    }
  }

  Session& open_session(ClientId id) {
    auto& slot = sessions[number(id)];
    slot = std::make_unique<Session>(*this, id);
    return *slot;
  }

  /// A tenth, and at least one, is left for the calm: it shows that the system recovers.
  static std::uint64_t before_calm(const Client& client) {
    return client.share() - std::min(client.share(), client.share() / 10 + 1);
  }

  void count_eager() {
    eager = static_cast<std::size_t>(
        std::count_if(workers.begin(), workers.end(),
                      [this](const Worker& worker) { return may_go_on(worker); }));
  }

  bool may_go_on(const Worker& worker) const {
    const std::uint64_t end = is_calm ? worker.client.share() : before_calm(worker.client);
    return worker.client.issued() < end;
  }

  awaitable<void> work(Worker& worker) {
    for (;;) {
      while (may_go_on(worker)) {
        co_await time.sleep(worker.client.think());
        co_await operate(worker, *worker.session);
      }
      if (is_calm) co_return;
      co_await time.sleep(kIdle);
    }
  }

  /// Open loop: operations begin on schedule, each in a session that is free at that time.
  awaitable<void> arrive(Worker& worker) {
    for (;;) {
      while (may_go_on(worker)) {
        co_await time.sleep(worker.client.think());
        time.spawn(operate(worker, free_session(worker)));
      }
      if (is_calm) co_return;
      co_await time.sleep(kIdle);
    }
  }

  Session& free_session(Worker& worker) {
    constexpr std::uint64_t kSessionsPerClient = 1'000'000;
    const std::uint64_t first = number(worker.client.id()) * kSessionsPerClient;
    for (std::uint64_t id = first;; ++id) {
      const auto found = sessions.find(id);
      if (found == sessions.end()) return open_session(ClientId{id});
      if (found->second->is_idle()) return *found->second;
    }
  }

  awaitable<void> operate(Worker& worker, Session& session) {
    const bool was_eager = may_go_on(worker);
    auto command = worker.client.next();
    if (was_eager && !may_go_on(worker)) --eager;
    if (!command) co_return;
    const auto result = co_await session.call(*command);
    if (!result) co_return;
    ++worker.answered;
    worker.last_answer = cluster.now();
    worker.client.on_reply(*command, *result);
  }

  bool is_done() const { return eager == 0 && busy == 0; }

  /// Nothing if every client is done.
  const Worker* hungriest() const {
    const Worker* hungriest = nullptr;
    for (const auto& worker : workers) {
      if (!may_go_on(worker) && worker.session->is_idle()) continue;
      if (hungriest == nullptr || worker.last_answer < hungriest->last_answer) hungriest = &worker;
    }
    return hungriest;
  }

  static constexpr Duration kIdle = std::chrono::milliseconds(10);

  transport::Cluster& cluster;
  std::vector<NodeId> nodes;
  const System& system;
  const statemachine::MachineKind& machine;
  std::vector<ReadLevel> levels;
  WorkloadOptions workload;
  Patience patience;
  std::uint64_t seed;
  transport::VirtualTime time;
  HistoryRecorder recorder;
  std::vector<Worker> workers;
  std::map<std::uint64_t, std::unique_ptr<Session>> sessions;
  std::size_t eager = 0;  ///< workers that may go on
  std::size_t busy = 0;   ///< sessions with an open operation
  bool is_calm = false;
  Time calm_since{};
};

Clients::Session::Session(Engine& engine, ClientId id)
    : engine_(engine), id_(id), seed_(engine.seed), mailbox_(engine.time) {
  read_hint_ = write_hint_ = below(draw("first node"), engine_.nodes.size());
  if (engine_.system.home) go_home();
}

awaitable<std::optional<std::string>> Clients::Session::call(const std::string& command) {
  auto& cluster = engine_.cluster;
  idle_ = false;
  ++engine_.busy;
  ++sequence_;
  reading_ = engine_.machine.read_only(command);
  choose_level();
  redirects_ = 0;
  const bool may_retry = engine_.system.exactly_once || reading_;
  const Time give_up = cluster.now() + engine_.patience.operation;
  const auto operation =
      engine_.recorder.invoke(number(id_), command, cluster.now().time_since_epoch().count(), 0,
                              level_ == nullptr ? std::string() : level_->name);
  if (roams()) turn_to_another_node();
  std::optional<std::string> result;
  bool submits = true;
  while (cluster.now() < give_up) {
    if (submits) submit(command);
    const Duration wait = transport::quantised(within(draw("attempt"), engine_.patience.attempt));
    set_alarm(may_retry ? std::min(give_up, cluster.now() + wait) : give_up);
    const Wakeup wakeup = co_await mailbox_.receive();
    submits = true;
    if (!wakeup) {
      turn_to_another_node();
    } else if (wakeup->status() == Reply::OK) {
      result = wakeup->result();
      break;
    } else if (!co_await refused(*wakeup, give_up)) {
      break;
    }
  }
  ++alarm_;
  if (result) {
    engine_.recorder.complete(operation, *result, cluster.now().time_since_epoch().count());
  }
  idle_ = true;
  --engine_.busy;
  co_return result;
}

/// False if asking again makes no sense.
awaitable<bool> Clients::Session::refused(const Reply& reply, Time give_up) {
  if (reply.status() == Reply::REJECTED) co_return false;
  ++alarm_;
  if (reply.status() == Reply::REDIRECT) {
    const auto& nodes = engine_.nodes;
    const auto at = std::find(nodes.begin(), nodes.end(), NodeId{reply.redirect()});
    const bool is_bound = engine_.system.home != nullptr;
    if (at != nodes.end() && !is_bound) hint() = static_cast<std::size_t>(at - nodes.begin());
    ++redirects_;
  } else {
    turn_to_another_node();
  }
  const Duration backoff = transport::quantised(within(draw("backoff"), engine_.patience.backoff));
  const Duration left = give_up - engine_.cluster.now();
  if (left > Duration::zero()) co_await engine_.time.sleep(std::min(backoff, left));
  co_return true;
}

/// A draw of its own for each operation, so that levels shift no other draw.
void Clients::Session::choose_level() {
  level_ = nullptr;
  if (!reading_ || engine_.levels.empty()) return;
  const auto drawn = transport::draw(seed_, "read level", number(id_), sequence_);
  level_ = &engine_.levels[below(drawn, engine_.levels.size())];
}

bool Clients::Session::roams() const {
  return engine_.system.any_node || (level_ != nullptr && level_->any_node);
}

std::size_t& Clients::Session::hint() {
  if (!reading_) return write_hint_;
  return level_ != nullptr && level_->any_node ? roaming_hint_ : read_hint_;
}

void Clients::Session::submit(const std::string& command) {
  Envelope request = transport::compose<Request, Request>([&](Request& made) {
    made.set_client(number(id_));
    made.set_sequence(sequence_);
    made.set_command(command);
    made.set_read_only(reading_);
    made.set_acknowledged_below(sequence_);
    if (level_ != nullptr) made.set_options(level_->options);
  });
  engine_.cluster.submit(id_, engine_.nodes[hint()], std::move(request));
}

void Clients::Session::turn_to_another_node() {
  if (engine_.system.home) return;
  const std::size_t nodes = engine_.nodes.size();
  // Nodes that were removed long ago may send one in circles.
  const bool is_lost = redirects_ > kRedirectsMax;
  hint() = roams() || is_lost ? below(draw("node"), nodes) : (hint() + 1) % nodes;
}

void Clients::Session::go_home() {
  const auto nodes = static_cast<std::uint32_t>(engine_.nodes.size());
  const NodeId home = engine_.system.home(id_, nodes);
  const auto at = std::find(engine_.nodes.begin(), engine_.nodes.end(), home);
  LOCKSTEP_CHECK(at != engine_.nodes.end());
  read_hint_ = write_hint_ = static_cast<std::size_t>(at - engine_.nodes.begin());
}

void Clients::Session::on_reply(NodeId, const Reply& reply) {
  // A late reply to an operation that was given up, or the second one to a retry.
  if (idle_ || reply.sequence() != sequence_) return;
  mailbox_.deliver(reply);
}

void Clients::Session::set_alarm(Time at) {
  transport::Event event;
  event.target = this;
  event.generation = ++alarm_;
  engine_.cluster.loop().schedule(std::max(at, engine_.cluster.now()), std::move(event));
}

void Clients::Session::fire(transport::Event& event) {
  if (event.generation == alarm_) mailbox_.deliver(std::nullopt);
}

Clients::Clients(transport::Cluster& cluster, const System& system, const OptionValues& options,
                 std::vector<ReadLevel> levels, const WorkloadOptions& workload,
                 const Patience& patience, std::uint64_t seed)
    : engine_(std::make_unique<Engine>(cluster, system, options, std::move(levels), workload,
                                       patience, seed)) {
  cluster.set_reply_sink(this);
}

Clients::~Clients() {
  engine_->time.finish();
  engine_->cluster.set_reply_sink(nullptr);
}

void Clients::add_node(NodeId node) { engine_->nodes.push_back(node); }

void Clients::begin() { engine_->begin(); }

void Clients::calm() {
  engine_->is_calm = true;
  engine_->calm_since = engine_->cluster.now();
  engine_->count_eager();
  for (auto& worker : engine_->workers) worker.last_answer = engine_->calm_since;
}

bool Clients::are_done() const { return engine_->is_done(); }

Duration Clients::longest_wait() const {
  const auto* worker = engine_->hungriest();
  return worker == nullptr ? Duration{} : engine_->cluster.now() - worker->last_answer;
}

std::string Clients::who_waits() const {
  const auto* worker = engine_->hungriest();
  return worker == nullptr ? "nobody" : to_string(worker->client.id());
}

const HistoryRecorder& Clients::recorder() const { return engine_->recorder; }

void Clients::rethrow() { engine_->time.rethrow(); }

void Clients::on_reply(ClientId client, NodeId from, const Reply& reply) {
  const auto found = engine_->sessions.find(number(client));
  if (found != engine_->sessions.end()) found->second->on_reply(from, reply);
}

}  // namespace lockstep::chaos
