#include "chaos/stale_reads.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace lockstep::chaos {
namespace {

/// One invocation or return, and where it belongs: by time only where it was moved.
struct Event {
  std::int64_t at = 0;
  bool is_unmoved = true;  // What was moved to an instant comes before what happened then.
  std::uint64_t place = 0;
  std::size_t operation = 0;
  bool is_return = false;
};

}  // namespace

History asked_earlier(History history,
                      const std::map<std::string, transport::Duration>& staleness_of_levels) {
  std::vector<Event> events;
  for (std::size_t at = 0; at < history.operations.size(); ++at) {
    Operation& operation = history.operations[at];
    const auto staleness = staleness_of_levels.find(operation.level);
    const bool is_moved = staleness != staleness_of_levels.end();
    if (is_moved) operation.invoked_at -= staleness->second.count();
    events.push_back({operation.invoked_at, !is_moved, operation.invoked, at, false});
    if (operation.returned) {
      events.push_back({operation.returned_at, true, *operation.returned, at, true});
    }
  }
  // Places ascend with time, so this order is that of the places where nothing was moved.
  std::sort(events.begin(), events.end(), [](const Event& left, const Event& right) {
    return std::tie(left.at, left.is_unmoved, left.place) <
           std::tie(right.at, right.is_unmoved, right.place);
  });
  for (std::size_t place = 0; place < events.size(); ++place) {
    Operation& operation = history.operations[events[place].operation];
    (events[place].is_return ? operation.returned.emplace() : operation.invoked) = place;
  }
  std::sort(
      history.operations.begin(), history.operations.end(),
      [](const Operation& left, const Operation& right) { return left.invoked < right.invoked; });
  return history;
}

}  // namespace lockstep::chaos
