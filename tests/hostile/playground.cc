#include "tests/hostile/playground.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/hostile/hostile.messages.h"
#include "transport/process/remote.h"

namespace lockstep::tests {

namespace fs = std::filesystem;
using transport::NodeProcessError;
using transport::Step;

namespace {

constexpr const char* kCanary = "what the hidden tests ask";
constexpr const char* kResults = "{\"score\": 0}";

std::string content_of(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

int listen_on_loopback(int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0) return listener;
  listen(listener, 1);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return listener;
}

transport::Envelope request() {
  return transport::compose<transport::Request, transport::Request>(
      [](transport::Request& request) {
        request.set_client(9);
        request.set_sequence(1);
        request.set_command("attack");
      });
}

}  // namespace

std::string Outcome::text() const {
  return answered ? answer : std::string(transport::name_of(death.end));
}

/// One node under attack orders.
class Playground::Life {
 public:
  Life(transport::Sandbox& sandbox, const std::string& attack,
       const std::map<std::string, std::string, std::less<>>& options, std::uint32_t self) {
    const auto prototype = transport::remote_node<hostile::Message>({attack, {}, options});
    host_ = sandbox.hosts()(*prototype);
    world_.self = transport::NodeId{self};
    world_.initial_members = {transport::NodeId{1}, transport::NodeId{2}};
    world_.keeps_log = true;
  }

  Outcome attack() {
    try {
      if (!std::exchange(started_, true)) host_->handle(world_, {});
      Step step;
      step.kind = Step::Kind::Request;
      step.payload = request();
      world_.effects.clear();
      host_->handle(world_, step);
    } catch (const NodeProcessError& error) {
      return {false, {}, error.death()};
    }
    const auto& replies = world_.effects.outgoing;
    if (replies.empty()) return {true, "no reply", {}};
    return {true, static_cast<const transport::Reply&>(replies[0].payload.message()).result(), {}};
  }

 private:
  std::unique_ptr<transport::Host> host_;
  transport::World world_;
  bool started_ = false;
};

Playground::Playground() {
  std::string name = "/tmp/hostile-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) std::abort();
  folder_ = name;
  // Whoever knows the names could read and write, if only the cage let them.
  fs::permissions(folder_, fs::perms::all);
  std::ofstream(folder_ / "hidden_tests") << kCanary;
  std::ofstream(folder_ / "results.json") << kResults;
  for (const char* file : {"hidden_tests", "results.json"}) {
    fs::permissions(folder_ / file, fs::perms::all);
  }
  int port = 0;
  listener_ = listen_on_loopback(port);
  mark_ = fmt::format("hostile{}", getpid());
  options_ = {{"canary", (folder_ / "hidden_tests").string()},
              {"results", (folder_ / "results.json").string()},
              {"referee", std::to_string(getpid())},
              {"port", std::to_string(port)},
              {"mark", mark_}};
}

Playground::~Playground() {
  close(listener_);
  fs::remove_all(folder_);
}

Outcome Playground::attack(transport::Sandbox& sandbox, const std::string& name,
                           std::uint32_t self) {
  return Life(sandbox, name, options_, self).attack();
}

Outcome Playground::attack_as_two(transport::Sandbox& sandbox, const std::string& name) {
  Life first(sandbox, name, options_, 1);
  Life second(sandbox, name, options_, 2);
  const auto outcome = first.attack();
  if (outcome.text() != "denied") return outcome;
  return second.attack();
}

std::string Playground::damage() const {
  std::string found;
  if (content_of(folder_ / "hidden_tests") != kCanary) found += "the hidden tests changed; ";
  if (content_of(folder_ / "results.json") != kResults) found += "the results changed; ";
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const auto name = entry.path().filename().string();
    if (name != "hidden_tests" && name != "results.json") found += name + " appeared; ";
  }
  for (const char* folder : {"/tmp", "/var/tmp", "/dev/shm", "."}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const auto name = entry.path().filename().string();
      if (name.rfind("lockstep_hostile", 0) == 0) found += entry.path().string() + " appeared; ";
    }
  }
  if (accept4(listener_, nullptr, nullptr, 0) >= 0) found += "somebody called; ";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    if (content_of(entry.path() / "comm") == mark_ + "\n") found += "a process survived; ";
  }
  return found;
}

}  // namespace lockstep::tests
