#include "chaos/many_seeds.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>

namespace lockstep::chaos {
namespace {

constexpr std::uint64_t kNoSeed = std::numeric_limits<std::uint64_t>::max();

std::uint64_t microseconds(transport::Duration duration) {
  return static_cast<std::uint64_t>(duration.count()) / 1000;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string framed(const SeedSummary& summary) {
  const std::string body = summary.SerializeAsString();
  const auto size = static_cast<std::uint32_t>(body.size());
  std::string frame(sizeof size, '\0');
  std::memcpy(frame.data(), &size, sizeof size);
  return frame + body;
}

/// One process and what it has said so far.
struct Worker {
  pid_t process = -1;
  int results = -1;
  std::string received;
  std::uint64_t next_seed = kNoSeed;  ///< the seed whose result comes next
};

class Pool {
 public:
  Pool(const ManySeedsOptions& options, const std::function<RunResult(std::uint64_t)>& run)
      : options_(options), run_(run) {}

  ManySeedsResult run() {
    const auto workers = std::min<std::uint64_t>(options_.workers, options_.range.count());
    for (std::uint64_t number = 0; number < workers; ++number) start(number, workers);
    while (std::any_of(workers_.begin(), workers_.end(),
                       [](const Worker& worker) { return worker.results >= 0; })) {
      wait_for_results();
    }
    return collect();
  }

 private:
  void start(std::uint64_t number, std::uint64_t stride) {
    stride_ = stride;
    int ends[2];
    if (::pipe(ends) != 0) {
      failures_.push_back({options_.range.first + number, "no pipe: " + error_text()});
      return;
    }
    std::fflush(nullptr);
    const pid_t process = ::fork();
    if (process == 0) {
      ::close(ends[0]);
      for (const auto& other : workers_) ::close(other.results);
      work(options_.range.first + number, stride, ends[1]);
    }
    ::close(ends[1]);
    if (process < 0) {
      ::close(ends[0]);
      failures_.push_back({options_.range.first + number, "no process: " + error_text()});
      return;
    }
    workers_.push_back({process, ends[0], {}, options_.range.first + number});
  }

  [[noreturn]] void work(std::uint64_t seed, std::uint64_t stride, int results) {
    for (; seed <= options_.range.last; seed += stride) {
      const SeedSummary summary = summary_of(seed, run_(seed));
      if (!write_all(results, framed(summary))) ::_exit(1);
      if (options_.stop_at_first && failed(summary)) break;
      if (options_.range.last - seed < stride) break;
    }
    ::_exit(0);
  }

  void wait_for_results() {
    std::vector<pollfd> files;
    for (const auto& worker : workers_) files.push_back({worker.results, POLLIN, 0});
    if (::poll(files.data(), files.size(), -1) < 0) return;
    for (std::size_t at = 0; at < workers_.size(); ++at) {
      if (files[at].revents != 0) receive(workers_[at]);
    }
  }

  void receive(Worker& worker) {
    char buffer[1 << 16];
    const auto size = ::read(worker.results, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) return;
    if (size <= 0) return finish(worker);
    worker.received.append(buffer, static_cast<std::size_t>(size));
    std::uint32_t length = 0;
    while (worker.received.size() >= sizeof length) {
      std::memcpy(&length, worker.received.data(), sizeof length);
      if (worker.received.size() < sizeof length + length) return;
      SeedSummary summary;
      const bool parsed =
          summary.ParseFromArray(worker.received.data() + sizeof length, static_cast<int>(length));
      worker.received.erase(0, sizeof length + length);
      if (parsed) take(worker, std::move(summary));
    }
  }

  void take(Worker& worker, SeedSummary summary) {
    worker.next_seed = summary.seed() + stride_;
    if (failed(summary)) {
      ++failed_;
      if (options_.stop_at_first) last_ = std::min(last_, summary.seed());
    }
    stop_needless();
    results_.emplace(summary.seed(), std::move(summary));
    if (options_.progress) options_.progress(results_.size(), failed_);
  }

  /// Seeds above the smallest failing one no longer matter.
  void stop_needless() {
    for (auto& worker : workers_) {
      if (worker.results >= 0 && worker.next_seed > last_) ::kill(worker.process, SIGKILL);
    }
  }

  void finish(Worker& worker) {
    ::close(worker.results);
    worker.results = -1;
    int status = 0;
    while (::waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
    }
    const bool has_more = worker.next_seed <= std::min(options_.range.last, last_);
    if (!has_more || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return;
    failures_.push_back(
        {worker.next_seed, WIFSIGNALED(status)
                               ? fmt::format("killed by signal {} ({})", WTERMSIG(status),
                                             ::strsignal(WTERMSIG(status)))
                               : fmt::format("exit code {}", WEXITSTATUS(status))});
  }

  ManySeedsResult collect() {
    ManySeedsResult result;
    for (auto& [seed, summary] : results_) {
      if (seed <= last_) result.seeds.push_back(std::move(summary));
    }
    result.failures = std::move(failures_);
    return result;
  }

  static std::string error_text() { return std::strerror(errno); }

  const ManySeedsOptions& options_;
  const std::function<RunResult(std::uint64_t)>& run_;
  std::uint64_t stride_ = 1;
  std::uint64_t last_ = kNoSeed;
  std::uint64_t failed_ = 0;
  std::vector<Worker> workers_;
  std::map<std::uint64_t, SeedSummary> results_;
  std::vector<WorkerFailure> failures_;
};

}  // namespace

ManySeedsResult run_many(const ManySeedsOptions& options,
                         const std::function<RunResult(std::uint64_t seed)>& run) {
  return Pool(options, run).run();
}

SeedSummary summary_of(std::uint64_t seed, const RunResult& result) {
  SeedSummary summary;
  summary.set_seed(seed);
  summary.set_judgement(static_cast<std::uint32_t>(result.judgement));
  summary.set_detector(result.detector);
  summary.set_story(result.story);
  summary.set_event(result.event);
  summary.set_digest(result.digest);
  summary.set_events(result.events);
  summary.set_completed(result.statistics.completed);
  summary.set_indeterminate(result.statistics.indeterminate);
  summary.set_virtual_us(microseconds(result.statistics.virtual_time));
  summary.set_messages(result.statistics.cluster.messages);
  summary.set_bytes(result.statistics.cluster.message_bytes);
  summary.set_syncs(result.statistics.cluster.syncs);
  summary.set_latency_p50_us(microseconds(result.statistics.latency_p50));
  summary.set_latency_p99_us(microseconds(result.statistics.latency_p99));
  summary.set_unavailable_us(microseconds(result.statistics.unavailable));
  for (const auto count : result.reached) summary.add_reached(count);
  for (const auto count : result.bites) summary.add_bites(count);
  for (const auto count : result.own) summary.add_own(count);
  summary.set_probed(result.probed);
  return summary;
}

}  // namespace lockstep::chaos
