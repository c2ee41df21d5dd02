#include "transport/process/sandbox.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "transport/process/backtrace.h"
#include "transport/process/cage.pb.h"
#include "transport/process/cage_link.h"
#include "transport/process/file_copy.h"
#include "transport/process/packets.h"
#include "transport/process/remote.h"
#include "transport/process/remote_host.h"

namespace lockstep::transport {
namespace {

constexpr std::size_t kOutputKept = 64 * 1024;
constexpr std::size_t kLastWords = 4 * 1024;
constexpr std::uint64_t kLivesOfOutput = 16;
constexpr std::uint32_t kOpenFiles = 64;

process::CageSettings settings_for(const SandboxOptions& options, const std::string& module) {
  process::CageSettings settings;
  settings.set_module(module);
  settings.set_user(unused_user());
  settings.set_cpu_seconds(static_cast<std::uint64_t>(options.limits.cpu.count()));
  settings.set_memory_bytes(options.limits.memory_bytes);
  settings.set_file_bytes(options.limits.output_bytes);
  settings.set_processes(options.limits.processes);
  settings.set_open_files(kOpenFiles);
  settings.set_namespaces(options.namespaces);
  settings.set_perturbation(options.perturbation);
  return settings;
}

/// At most `wanted` bytes that end where the file does.
std::string end_of(int file, std::size_t wanted) {
  struct stat found {};
  if (fstat(file, &found) != 0) return {};
  const auto size = static_cast<std::size_t>(found.st_size);
  std::string text(std::min(size, wanted), '\0');
  const ssize_t got = pread(file, text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

NodeDeath infrastructure(std::string happened) {
  return {NodeEnd::Infrastructure, std::move(happened), {}};
}

}  // namespace

class Sandbox::Cage {
 public:
  Cage(const SandboxOptions& options, FileCopy module, CageLink link)
      : limits_(options.limits), module_(std::move(module)), link_(std::move(link)) {}
  ~Cage() { link_.close(); }

  std::unique_ptr<Host> host(const Node& prototype);
  NodeDeath end(std::uint64_t life, int output, bool is_dying);

  const Isolation& isolation() const { return link_.isolation; }
  const std::string& output() const { return output_; }
  std::chrono::microseconds cpu_time() const { return cpu_time_; }
  std::uint64_t lives() const { return lives_; }

 private:
  NodeDeath cause_of(const process::CageReport& report) const;
  void keep(const std::string& text, int output);

  NodeLimits limits_;
  FileCopy module_;  ///< readable for the cage's user, and nobody changes it meanwhile
  CageLink link_;
  std::uint64_t lives_ = 0;
  std::uint64_t printed_ = 0;
  std::string output_;
  std::chrono::microseconds cpu_time_{};
};

namespace {

template <class Cage>
class CagedLife final : public NodeLife {
 public:
  CagedLife(Cage& cage, std::uint64_t number, Descriptor output)
      : cage_(cage), number_(number), output_(std::move(output)) {}

  NodeDeath end(bool is_dying) override { return cage_.end(number_, output_.get(), is_dying); }

 private:
  Cage& cage_;
  std::uint64_t number_;
  Descriptor output_;
};

}  // namespace

std::unique_ptr<Host> Sandbox::Cage::host(const Node& prototype) {
  const auto refuse = [](NodeEnd end, std::string happened) {
    throw NodeProcessError(NodeId{}, {end, std::move(happened), {}});
  };
  if (printed_ > limits_.output_bytes * kLivesOfOutput) {
    refuse(NodeEnd::Output, "printed too much in all its lives");
  }
  auto to_node = open_pipe();
  auto from_node = open_pipe();
  Descriptor output{memfd_create("output", MFD_CLOEXEC)};
  if (!to_node || !from_node || !output) {
    refuse(NodeEnd::Infrastructure, fmt::format("has no pipe: {}", std::strerror(errno)));
  }
  process::CageOrder order;
  order.set_life(++lives_);
  const bool sent =
      send_packet(link_.control.get(), order,
                  {to_node->read_end.get(), from_node->write_end.get(), output.get()});
  if (!sent) refuse(NodeEnd::Infrastructure, "cannot begin: its cage is gone");
  auto frames =
      std::make_unique<Frames>(from_node->read_end.release(), to_node->write_end.release(),
                               limits_.frame_bytes, limits_.silence);
  return remote_host(prototype, spec_of(prototype), std::move(frames),
                     std::make_unique<CagedLife<Cage>>(*this, lives_, std::move(output)));
}

NodeDeath Sandbox::Cage::end(std::uint64_t life, int output, bool is_dying) {
  process::CageOrder order;
  order.set_kind(process::CageOrder::END);
  order.set_life(life);
  order.set_is_dying(is_dying);
  process::CageReport report;
  if (!send_packet(link_.control.get(), order) || !receive_packet(link_.control.get(), report)) {
    return infrastructure("is gone, and so is its cage");
  }
  if (!report.problem().empty()) return infrastructure("is unknown: " + report.problem());
  cpu_time_ += std::chrono::microseconds(report.cpu_microseconds());
  NodeDeath death = cause_of(report);
  death.words = readable_backtrace(end_of(output, kLastWords));
  keep(death.words, output);
  return death;
}

NodeDeath Sandbox::Cage::cause_of(const process::CageReport& report) const {
  NodeDeath death = death_of(report.status());
  const bool was_killed = WIFSIGNALED(report.status()) && WTERMSIG(report.status()) == SIGKILL;
  if (!was_killed) return death;
  if (report.was_ended()) return {NodeEnd::Protocol, "closed its pipe and went on", {}};
  const auto limit = std::chrono::microseconds(limits_.cpu);
  if (std::chrono::microseconds(report.cpu_microseconds()) >= limit) {
    return {NodeEnd::CpuTime, "used up its CPU time", {}};
  }
  return infrastructure("was killed from outside, for want of memory perhaps");
}

void Sandbox::Cage::keep(const std::string& text, int output) {
  struct stat found {};
  if (fstat(output, &found) == 0) printed_ += static_cast<std::uint64_t>(found.st_size);
  if (output_.size() < kOutputKept) output_.append(text, 0, kOutputKept - output_.size());
}

std::variant<std::unique_ptr<Sandbox>, std::string> Sandbox::open(const SandboxOptions& options) {
  ignore_broken_pipes();
  auto module = FileCopy::make(options.module);
  if (const auto* problem = std::get_if<std::string>(&module)) return *problem;
  auto& copy = std::get<FileCopy>(module);
  const auto program = options.cage_program.empty() ? default_cage_program() : options.cage_program;
  auto link = open_cage(program, settings_for(options, copy.path()), {}, options.required_level);
  if (const auto* problem = std::get_if<std::string>(&link)) return *problem;
  return std::unique_ptr<Sandbox>(new Sandbox(
      std::make_unique<Cage>(options, std::move(copy), std::move(std::get<CageLink>(link)))));
}

Sandbox::Sandbox(std::unique_ptr<Cage> cage) : cage_(std::move(cage)) {}
Sandbox::~Sandbox() = default;

HostFactory Sandbox::hosts() {
  return [cage = cage_.get()](const Node& prototype) { return cage->host(prototype); };
}

const Isolation& Sandbox::isolation() const { return cage_->isolation(); }
const std::string& Sandbox::output() const { return cage_->output(); }
std::chrono::microseconds Sandbox::cpu_time() const { return cage_->cpu_time(); }
std::uint64_t Sandbox::lives() const { return cage_->lives(); }

void stay_on_one_core() {
  const int core = sched_getcpu();
  if (core < 0) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

}  // namespace lockstep::transport
