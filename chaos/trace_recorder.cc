#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "chaos/run_description.h"
#include "chaos/trace.h"
#include "chaos/trace.pb.h"
#include "chaos/trace_claims.h"
#include "chaos/trace_format.h"

#ifndef LOCKSTEP_VERSION
#define LOCKSTEP_VERSION "unversioned"
#endif

namespace lockstep::chaos {

using google::protobuf::FileDescriptor;
using transport::Cluster;
using transport::Envelope;
using transport::NodeId;
using transport::number;
using transport::Witness;

namespace {

std::uint64_t nanoseconds(transport::Time time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

void add_with_imports(const FileDescriptor& file, std::set<std::string>& added,
                      google::protobuf::FileDescriptorSet& types) {
  if (!added.insert(file.name()).second) return;
  for (int at = 0; at < file.dependency_count(); ++at) {
    add_with_imports(*file.dependency(at), added, types);
  }
  file.CopyTo(types.add_file());
}

TraceRecord::Kind kind_of(Witness::Kind kind) {
  switch (kind) {
    case Witness::Kind::Started:
      return TraceRecord::STARTED;
    case Witness::Kind::Crashed:
      return TraceRecord::CRASHED;
    case Witness::Kind::Sent:
      return TraceRecord::SENT;
    case Witness::Kind::Delivered:
      return TraceRecord::DELIVERED;
    case Witness::Kind::Dropped:
      return TraceRecord::DROPPED;
    case Witness::Kind::Requested:
      return TraceRecord::REQUESTED;
    case Witness::Kind::Replied:
      return TraceRecord::REPLIED;
    case Witness::Kind::Fired:
      return TraceRecord::FIRED;
    case Witness::Kind::Observed:
      return TraceRecord::OBSERVED;
    case Witness::Kind::Stored:
      return TraceRecord::STORED;
    case Witness::Kind::Logged:
      return TraceRecord::LOGGED;
  }
  return TraceRecord::UNSPECIFIED;
}

bool begins_handler(Witness::Kind kind) {
  return kind == Witness::Kind::Started || kind == Witness::Kind::Delivered ||
         kind == Witness::Kind::Requested || kind == Witness::Kind::Fired;
}

/// A list of distinct words, each known by its position from 1.
class Words {
 public:
  std::uint32_t position(std::string_view word) {
    const auto found = positions_.find(word);
    if (found != positions_.end()) return found->second;
    words_.emplace_back(word);
    const auto position = static_cast<std::uint32_t>(words_.size());
    positions_.emplace(std::string(word), position);
    return position;
  }
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::vector<std::string> words_;
  std::map<std::string, std::uint32_t, std::less<>> positions_;
};

}  // namespace

class TraceRecorder::Engine {
 public:
  explicit Engine(TraceLimits limits) : limits_(limits) {}

  void watch(Cluster& cluster) {
    cluster_ = &cluster;
    nodes_.insert(cluster.nodes().begin(), cluster.nodes().end());
  }

  void see(const Witness& seen) {
    take_state();
    TraceRecord& record = begin(kind_of(seen.kind), seen.event, seen.at, seen.node);
    record.set_peer(number(seen.peer));
    record.set_client(number(seen.client));
    record.set_timer(seen.timer);
    record.set_key(seen.key);
    record.set_text(seen.text.data(), seen.text.size());
    if (seen.payload != nullptr) set_payload(record, *seen.payload);
    if (seen.claim != nullptr) set_claim(record, *seen.claim);
    if (seen.kind == Witness::Kind::Started) {
      nodes_.insert(seen.node);
      record.set_start(static_cast<TraceRecord::Start>(seen.start.kind));
      record.set_incarnation(seen.start.incarnation);
    }
    for (const auto& write : seen.writes) {
      auto& stored = *record.add_write();
      stored.set_key(write.key);
      stored.set_bytes(write.value ? write.value->size() : 0);
      stored.set_erased(!write.value);
    }
    add(record);
    if (begins_handler(seen.kind)) await_state(seen);
  }

  /// The witness comes before the handler runs: whatever is seen next comes after it, and if
  /// nothing is seen, the loop's next job.
  void await_state(const Witness& seen) {
    if (left_out_ > 0 || cluster_ == nullptr) return;
    pending_ = true;
    pending_node_ = seen.node;
    pending_event_ = seen.event;
    pending_at_ = seen.at;
    if (job_waits_) return;
    job_waits_ = true;
    cluster_->loop().post([this] {
      job_waits_ = false;
      take_state();
    });
  }

  /// Records how the handler that just ran changed its node.
  void take_state() {
    if (!std::exchange(pending_, false) || !cluster_->is_up(pending_node_)) return;
    const transport::Fields fields = cluster_->describe(pending_node_);
    const auto& now = fields.values();
    auto& last = last_state_[pending_node_];
    if (now == last) return;
    TraceRecord& record = begin(TraceRecord::STATE, pending_event_, pending_at_, pending_node_);
    add_changes(record, last, now);
    last = now;
    if (record.change_size() > 0) add(record);
  }

  std::string seal(const RunDescription& run, std::string_view replay,
                   const RunResult& result) const {
    FrameWriter writer;
    writer.add(FrameKind::Header, header(run, replay).SerializeAsString());
    std::size_t at = 0;
    for (const auto end : ends_) {
      writer.add(FrameKind::Record, std::string_view(records_).substr(at, end - at));
      at = end;
    }
    writer.add(FrameKind::Trailer, trailer(result).SerializeAsString());
    return writer.take();
  }

  std::uint64_t records() const { return ends_.size(); }
  std::uint64_t left_out() const { return left_out_; }

 private:
  using Values = std::vector<std::pair<std::string, std::string>>;

  TraceRecord& begin(TraceRecord::Kind kind, std::uint64_t event, transport::Time at, NodeId node) {
    scratch_.Clear();
    scratch_.set_kind(kind);
    scratch_.set_event(event);
    scratch_.set_at_ns(nanoseconds(at));
    scratch_.set_node(number(node));
    return scratch_;
  }

  void add(const TraceRecord& record) {
    if (left_out_ > 0 || ends_.size() >= limits_.records || records_.size() >= limits_.bytes) {
      ++left_out_;
      return;
    }
    record.AppendToString(&records_);
    ends_.push_back(records_.size());
    ended_ns_ = record.at_ns();
  }

  void set_payload(TraceRecord& record, const Envelope& payload) {
    const auto* type = payload.message().GetDescriptor();
    files_.emplace(type->file()->name(), type->file());
    record.set_type(types_.position(type->full_name()));
    const auto [known, is_new] =
        payloads_.emplace(std::pair(record.type(), payload.digest()), ends_.size() + 1);
    if (!is_new) {
      record.set_payload_of(known->second);
      return;
    }
    payload.message().SerializeToString(record.mutable_payload());
    payload_order_.push_back(known->first);
    if (payload_order_.size() > kPayloadsRemembered) {
      payloads_.erase(payload_order_.front());
      payload_order_.pop_front();
    }
  }

  static void set_claim(TraceRecord& record, const transport::Claim& claim) {
    record.set_claim(static_cast<std::uint32_t>(claim.index() + 1));
    for (const auto value : claim_values(claim)) record.add_claim_value(value);
  }

  /// Fields keep their order as long as none comes or goes, which is then what is compared.
  void add_changes(TraceRecord& record, const Values& before, const Values& after) {
    const auto value_in = [](const Values& values, std::size_t guess,
                             const std::string& name) -> const std::string* {
      if (guess < values.size() && values[guess].first == name) return &values[guess].second;
      const auto found = std::find_if(values.begin(), values.end(),
                                      [&](const auto& field) { return field.first == name; });
      return found == values.end() ? nullptr : &found->second;
    };
    for (std::size_t at = 0; at < after.size(); ++at) {
      const auto& [name, value] = after[at];
      const auto* old = value_in(before, at, name);
      if (old != nullptr && *old == value) continue;
      auto& change = *record.add_change();
      change.set_field(fields_.position(name));
      if (old != nullptr) change.set_before(*old);
      change.set_after(value);
    }
    for (std::size_t at = 0; at < before.size(); ++at) {
      const auto& [name, value] = before[at];
      if (value_in(after, at, name) != nullptr) continue;
      auto& change = *record.add_change();
      change.set_field(fields_.position(name));
      change.set_before(value);
    }
  }

  TraceHeader header(const RunDescription& run, std::string_view replay) const {
    TraceHeader header;
    header.set_lockstep_version(LOCKSTEP_VERSION);
    *header.mutable_run() = run;
    header.set_replay(std::string(replay));
    for (const NodeId node : nodes_) header.add_node(number(node));
    google::protobuf::FileDescriptorSet types;
    std::set<std::string> added;
    for (const auto& [name, file] : files_) add_with_imports(*file, added, types);
    types.SerializeToString(header.mutable_types());
    for (const auto& word : types_.words()) header.add_type(word);
    for (const auto& word : fields_.words()) header.add_field(word);
    for (const auto& claim : claim_shapes()) {
      auto& kind = *header.add_claim_kind();
      kind.set_name(std::string(claim.name));
      for (const auto field : claim.fields) kind.add_field(std::string(field));
    }
    return header;
  }

  TraceTrailer trailer(const RunResult& result) const {
    TraceTrailer trailer;
    trailer.set_records(records());
    trailer.set_left_out(left_out_);
    trailer.set_digest(result.digest);
    trailer.set_events(result.events);
    trailer.set_judgement(std::string(name_of(result.judgement)));
    trailer.set_detector(result.detector);
    trailer.set_story(result.story);
    trailer.set_source(result.source);
    trailer.set_event(result.event);
    trailer.set_at_ns(nanoseconds(result.at));
    trailer.set_ended_ns(ended_ns_);
    for (const auto& fault : result.injected) {
      auto& injected = *trailer.add_fault();
      injected.set_at_ns(nanoseconds(fault.at));
      injected.set_kind(std::string(name_of(fault.kind)));
      injected.set_story(fault.story);
      injected.set_effects(fault.effects);
    }
    return trailer;
  }

  /// A payload that comes back later than this is written again.
  static constexpr std::size_t kPayloadsRemembered = 1 << 16;

  TraceLimits limits_;
  Cluster* cluster_ = nullptr;

  std::string records_;  ///< encoded, one after the other
  std::vector<std::size_t> ends_;
  std::uint64_t left_out_ = 0;
  std::uint64_t ended_ns_ = 0;
  TraceRecord scratch_;

  Words types_;
  Words fields_;
  std::map<std::string, const FileDescriptor*>
      files_;  ///< by name, so that equal runs give equal files
  /// (type, digest) of recent payloads and the records that hold them.
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> payloads_;
  std::deque<std::pair<std::uint32_t, std::uint64_t>> payload_order_;

  std::set<NodeId> nodes_;
  std::map<NodeId, Values> last_state_;
  bool pending_ = false;
  bool job_waits_ = false;
  NodeId pending_node_{};
  std::uint64_t pending_event_ = 0;
  transport::Time pending_at_{};
};

TraceRecorder::TraceRecorder(TraceLimits limits) : engine_(std::make_unique<Engine>(limits)) {}
TraceRecorder::~TraceRecorder() = default;

void TraceRecorder::watch(Cluster& cluster) {
  engine_->watch(cluster);
  cluster.add_observer(this);
}

Attach TraceRecorder::attach() {
  return [this](Cluster& cluster) { watch(cluster); };
}

void TraceRecorder::see(const Witness& witness) { engine_->see(witness); }
std::uint64_t TraceRecorder::records() const { return engine_->records(); }
std::uint64_t TraceRecorder::left_out() const { return engine_->left_out(); }

std::string TraceRecorder::seal(const RunDescription& run, std::string_view replay,
                                const RunResult& result) const {
  return engine_->seal(run, replay, result);
}

RecordedRun record(RunSpec spec, TraceLimits limits) {
  spec.keeps_log = true;
  TraceRecorder recorder(limits);
  RecordedRun run;
  run.result = simulate(spec, recorder.attach());
  run.trace = recorder.seal(describe(spec), spec.replay, run.result);
  return run;
}

}  // namespace lockstep::chaos
