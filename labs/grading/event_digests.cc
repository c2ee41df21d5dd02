#include "labs/grading/event_digests.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::labs {

using transport::Witness;

void EventDigests::watch(transport::Cluster& cluster) {
  cluster_ = &cluster;
  cluster.add_observer(this);
}

void EventDigests::see(const Witness& witness) {
  if (!entries_.empty() && entries_.back().event == witness.event &&
      entries_.back().node == witness.node) {
    return;
  }
  const std::string_view payload = witness.payload == nullptr ? "" : witness.payload->name();
  entries_.push_back({witness.event, cluster_->digest(), witness.at, witness.node, witness.kind,
                      payload, witness.timer});
}

std::string EventDigests::describe(const Entry& entry) {
  const auto tenths = entry.at.time_since_epoch().count() / 100'000;
  std::string what;
  switch (entry.kind) {
    case Witness::Kind::Started:
      what = "its start";
      break;
    case Witness::Kind::Delivered:
      what = fmt::format("{} from another node", entry.payload);
      break;
    case Witness::Kind::Requested:
      what = "a client's request";
      break;
    case Witness::Kind::Fired:
      what = fmt::format("its timer {}", entry.timer);
      break;
    default:
      what = "what happened";
      break;
  }
  return fmt::format("event {} at {}.{} ms, when {} handled {}", entry.event, tenths / 10,
                     tenths % 10, to_string(entry.node), what);
}

std::optional<std::string> EventDigests::difference(const EventDigests& first,
                                                    const EventDigests& second) {
  const auto& left = first.entries_;
  const auto& right = second.entries_;
  const auto shorter = std::min(left.size(), right.size());
  std::size_t at = 0;
  while (at < shorter && left[at].digest == right[at].digest) ++at;
  if (at == shorter && left.size() == right.size()) return std::nullopt;
  if (at == 0) return "the two executions differ from the very start";
  return describe(left[at - 1]);
}

}  // namespace lockstep::labs
