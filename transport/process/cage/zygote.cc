#include "transport/process/cage/zygote.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "transport/process/cage/caged_life.h"
#include "transport/process/cage/reaper.h"
#include "transport/process/packets.h"

namespace lockstep::transport {
namespace {

constexpr int kStepsOfGrace = 200;
constexpr timespec kStep{0, 500'000};

/// The status, if the process ends by itself within a moment.
pid_t wait_a_moment(pid_t process, int& status, rusage& usage) {
  for (int step = 0; step < kStepsOfGrace; ++step) {
    const pid_t ended = wait4(process, &status, WNOHANG, &usage);
    if (ended != 0) return ended;
    nanosleep(&kStep, nullptr);
  }
  return 0;
}

pid_t wait_for(pid_t process, int& status, rusage& usage) {
  pid_t ended = -1;
  do {
    ended = wait4(process, &status, 0, &usage);
  } while (ended < 0 && errno == EINTR);
  return ended;
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

void Zygote::run() {
  process::CageOrder order;
  while (auto descriptors = receive_packet(control_, order)) {
    if (order.kind() == process::CageOrder::LIVE) {
      begin(order.life(), *descriptors);
    } else if (!send_packet(control_, end(order))) {
      break;
    }
  }
  end_all();
}

void Zygote::begin(std::uint64_t number, const std::vector<Descriptor>& descriptors) {
  constexpr std::size_t kNeeded = 3;
  if (descriptors.size() != kNeeded) return;
  const pid_t process = fork();
  if (process == 0) {
    live({descriptors[0].get(), descriptors[1].get(), descriptors[2].get()}, settings_, filter_);
  }
  // Without a process the pipes close, and the report says why.
  if (process > 0) lives_.push_back({number, process});
}

process::CageReport Zygote::end(const process::CageOrder& order) {
  process::CageReport report;
  report.set_life(order.life());
  const auto found = std::find_if(lives_.begin(), lives_.end(),
                                  [&](const Life& life) { return life.number == order.life(); });
  if (found == lives_.end()) {
    report.set_problem("it could not be forked");
    return report;
  }
  int status = 0;
  rusage usage{};
  pid_t ended = 0;
  if (order.is_dying()) ended = wait_a_moment(found->process, status, usage);
  if (ended == 0) {
    report.set_was_ended(true);
    kill(found->process, SIGKILL);
    ended = wait_for(found->process, status, usage);
  }
  if (ended < 0) report.set_problem("nobody knows how it ended");
  report.set_status(status);
  report.set_cpu_microseconds(microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
  report.set_peak_kilobytes(static_cast<std::uint64_t>(usage.ru_maxrss));
  lives_.erase(found);
  return report;
}

void Zygote::end_all() {
  for (const auto& life : lives_) kill(life.process, SIGKILL);
  end_descendants(settings_.user());
}

}  // namespace lockstep::transport
