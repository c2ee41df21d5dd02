#include "tests/bench/cluster_bench.h"

namespace lockstep::bench {

void run(benchmark::State& state, const Load& load, transport::HostFactory host) {
  transport::ClusterOptions options;
  options.host = std::move(host);
  ClosedLoop running(load, std::move(options));
  for (int i = 0; i < 10'000; ++i) running.step();
  const transport::ClusterCounts before = running.counts();
  const std::uint64_t replies = running.replies();
  for (auto _ : state) running.step();
  const auto handlers = running.counts().handlers - before.handlers;
  state.SetItemsProcessed(static_cast<std::int64_t>(handlers));
  const auto rate = [](std::uint64_t count) {
    return benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsRate);
  };
  state.counters["replies"] = rate(running.replies() - replies);
  state.counters["messages"] = rate(running.counts().messages - before.messages);
}

}  // namespace lockstep::bench
