#include "labs/exercise/story.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <deque>
#include <tuple>

#include "chaos/trace.pb.h"
#include "chaos/trace_payload.h"
#include "chaos/trace_spellers.h"

namespace lockstep::labs {

using chaos::TraceRecord;

namespace {

class Reader {
 public:
  Reader(chaos::Trace& trace, std::uint64_t until)
      : trace_(trace), until_(until), payloads_(chaos::machine_of(trace), false) {}

  Story read() {
    for (const auto node : trace_.header().node()) story_.nodes.push_back(node);
    story_.is_cut = trace_.trailer().left_out() > 0;
    for (std::uint64_t number = 1; number <= trace_.size(); ++number) {
      const TraceRecord& record = trace_.read(number);
      if (until_ != 0 && record.event() > until_) break;
      story_.ended_ns = record.at_ns();
      take(record, number);
    }
    for (const auto& fault : trace_.trailer().fault()) {
      if (fault.effects() > 0 && fault.at_ns() <= story_.ended_ns) {
        story_.faults.push_back({fault.at_ns(), chaos::printable(fault.story())});
      }
    }
    return std::move(story_);
  }

 private:
  static constexpr std::size_t kNone = StoryStep::kNone;
  /// Who sent what to whom: a payload is known by the record that holds it.
  using Flight = std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>;
  struct Place {
    std::size_t step = kNone;
    std::size_t out = 0;
  };

  void take(const TraceRecord& record, std::uint64_t number) {
    switch (record.kind()) {
      case TraceRecord::STARTED:
        return begin(record, number, StoryStep::Kind::Started);
      case TraceRecord::CRASHED:
        return begin(record, number, StoryStep::Kind::Crashed);
      case TraceRecord::DELIVERED:
        return begin(record, number, StoryStep::Kind::Delivered);
      case TraceRecord::REQUESTED:
        return begin(record, number, StoryStep::Kind::Requested);
      case TraceRecord::FIRED:
        return begin(record, number, StoryStep::Kind::Fired);
      case TraceRecord::SENT:
      case TraceRecord::REPLIED:
        return leave(record, number);
      case TraceRecord::DROPPED:
        return lose(record, number);
      case TraceRecord::OBSERVED:
        return claim(record);
      case TraceRecord::LOGGED:
        if (auto* step = last_of(record.node()))
          step->log.push_back(chaos::printable(record.text()));
        return;
      case TraceRecord::STATE:
        return change(record);
      case TraceRecord::STORED:
        return store(record);
      default:
        return;
    }
  }

  void begin(const TraceRecord& record, std::uint64_t number, StoryStep::Kind kind) {
    StoryStep step;
    step.kind = kind;
    step.record = number;
    step.at_ns = record.at_ns();
    step.event = record.event();
    step.node = record.node();
    step.peer = record.peer();
    step.client = record.client();
    step.timer = record.timer();
    step.again = record.start() == TraceRecord::RESTART;
    if (const auto* payload = trace_.payload()) {
      const auto& body = chaos::body_of(*payload);
      step.name = body.GetDescriptor()->name();
      step.term = chaos::number_in(body, "term").value_or(0);
      step.cause = cause_of(record, number);
      if (kind == StoryStep::Kind::Requested) step.request = payloads_.text(*payload);
    }
    story_.up[step.node] = kind != StoryStep::Kind::Crashed;
    auto& last = last_[step.node];
    step.previous = last.empty() ? kNone : last.back();
    last.push_back(story_.steps.size());
    if (last.size() > kRemembered) last.pop_front();
    story_.steps.push_back(std::move(step));
  }

  StoryStep* last_of(std::uint32_t node) {
    const auto& last = last_[node];
    return last.empty() ? nullptr : &story_.steps[last.back()];
  }

  static std::uint64_t payload_id(const TraceRecord& record, std::uint64_t number) {
    return record.payload_of() != 0 ? record.payload_of() : number;
  }

  std::size_t cause_of(const TraceRecord& record, std::uint64_t number) {
    const auto found = flights_.find({record.peer(), record.node(), payload_id(record, number)});
    if (found == flights_.end() || found->second.empty()) return kNone;
    const Place place = found->second.front();
    // A duplicate comes again from where the last one came.
    if (found->second.size() > 1) found->second.pop_front();
    return place.step;
  }

  /// Handlers leave the disk in their order: the next one that changed something has written this.
  void store(const TraceRecord& record) {
    for (const auto at : last_[record.node()]) {
      const auto& step = story_.steps[at];
      if (is_behind(record.node(), at) || step.changes.empty()) continue;
      if (step.at_ns + kStoredWithin < record.at_ns()) continue;
      released_[record.node()] = at;
      return;
    }
  }

  bool is_behind(std::uint32_t node, std::size_t at) const {
    const auto released = released_.find(node);
    return released != released_.end() && at <= released->second;
  }

  bool answers(const StoryStep& step, const TraceRecord& record) const {
    if (record.kind() == TraceRecord::SENT) {
      return step.kind == StoryStep::Kind::Delivered && step.peer == record.peer();
    }
    const bool is_asked = step.kind == StoryStep::Kind::Requested && step.client == record.client();
    const auto applies = [](const StoryClaim& claim) { return claim.name == "Applied"; };
    return is_asked || std::any_of(step.claims.begin(), step.claims.end(), applies);
  }

  /// The handler that what leaves now comes from.
  std::size_t owner_of(const TraceRecord& record, const std::string& name) {
    const std::uint32_t node = record.node();
    const auto& last = last_[node];
    if (last.empty()) return kNone;
    if (story_.steps[last.back()].event == record.event()) return released_[node] = last.back();
    const auto released = released_.find(node);
    if (released != released_.end()) {
      const auto& out = story_.steps[released->second].out;
      if (out.empty() || out.back().name == name) return released->second;
    }
    for (const auto at : last) {
      if (is_behind(node, at) || !answers(story_.steps[at], record)) continue;
      released_[node] = at;
      return at;
    }
    return released != released_.end() ? released->second : last.back();
  }

  void leave(const TraceRecord& record, std::uint64_t number) {
    StoryOut out;
    out.record = number;
    out.to = record.kind() == TraceRecord::SENT ? record.peer() : 0;
    out.client = record.client();
    if (const auto* payload = trace_.payload()) {
      out.name = chaos::body_of(*payload).GetDescriptor()->name();
    }
    const std::size_t owner = owner_of(record, out.name);
    if (owner == kNone) return;
    auto& step = story_.steps[owner];
    if (out.to != 0) {
      flights_[{record.node(), out.to, payload_id(record, number)}].push_back(
          {owner, step.out.size()});
    }
    step.out.push_back(std::move(out));
  }

  void lose(const TraceRecord& record, std::uint64_t number) {
    const auto found = flights_.find({record.node(), record.peer(), payload_id(record, number)});
    if (found == flights_.end() || found->second.empty()) return;
    const Place place = found->second.back();
    story_.steps[place.step].out[place.out].lost = true;
  }

  void claim(const TraceRecord& record) {
    auto* step = last_of(record.node());
    if (step == nullptr) return;
    const auto& kind = trace_.header().claim_kind(static_cast<int>(record.claim()) - 1);
    StoryClaim made{kind.name(), {}};
    const int size = std::min(kind.field_size(), record.claim_value_size());
    for (int at = 0; at < size; ++at) {
      const std::string& field = kind.field(at);
      if (field.ends_with("_digest") || (field == "group" && record.claim_value(at) == 0)) continue;
      made.values.emplace_back(field, record.claim_value(at));
    }
    step->claims.push_back(std::move(made));
  }

  void change(const TraceRecord& record) {
    auto* step = last_of(record.node());
    auto& state = story_.states[record.node()];
    for (const auto& each : record.change()) {
      const auto name = chaos::printable(trace_.header().field(static_cast<int>(each.field()) - 1));
      const auto after = chaos::printable(each.after());
      const auto field = std::find_if(state.begin(), state.end(),
                                      [&](const auto& known) { return known.first == name; });
      if (!each.has_after()) {
        if (field != state.end()) state.erase(field);
      } else if (field == state.end()) {
        state.emplace_back(name, after);
      } else {
        field->second = after;
      }
      if (step == nullptr) continue;
      step->changes.push_back({name, chaos::printable(each.before()), after});
    }
  }

  /// Handlers of a node that may still wait for its disk.
  static constexpr std::size_t kRemembered = 32;
  /// What changed without a write stands among those that wrote; a disk takes about this long at
  /// most, so older ones did not wait for it.
  static constexpr std::uint64_t kStoredWithin = 2'500'000;

  chaos::Trace& trace_;
  std::uint64_t until_;
  chaos::PayloadText payloads_;
  Story story_;
  std::map<std::uint32_t, std::deque<std::size_t>> last_;
  std::map<std::uint32_t, std::size_t> released_;  ///< the last handler whose sends left, by node
  std::map<Flight, std::deque<Place>> flights_;
};

}  // namespace

Story read_story(chaos::Trace& trace, std::uint64_t until) { return Reader(trace, until).read(); }

}  // namespace lockstep::labs
