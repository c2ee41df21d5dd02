#include "chaos/trace_filter.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "chaos/run_description.h"
#include "chaos/trace.pb.h"
#include "chaos/trace_payload.h"
#include "statemachine/session_commands.h"

namespace lockstep::chaos {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

/// Calls `use` with every string of bytes in a message, however deep, and every message.
template <class UseMessage, class UseBytes>
bool any_part(const Message& message, const UseMessage& fits, const UseBytes& fits_bytes) {
  if (fits(message)) return true;
  const auto& in = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  in.ListFields(message, &fields);
  for (const auto* field : fields) {
    const int size = field->is_repeated() ? in.FieldSize(message, field) : 1;
    for (int at = 0; at < size; ++at) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        const auto& part = field->is_repeated() ? in.GetRepeatedMessage(message, field, at)
                                                : in.GetMessage(message, field);
        if (any_part(part, fits, fits_bytes)) return true;
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        if (fits_bytes(field->is_repeated() ? in.GetRepeatedString(message, field, at)
                                            : in.GetString(message, field))) {
          return true;
        }
      }
    }
  }
  return false;
}

bool begins_handler(TraceRecord::Kind kind) {
  return kind == TraceRecord::STARTED || kind == TraceRecord::DELIVERED ||
         kind == TraceRecord::REQUESTED || kind == TraceRecord::FIRED;
}

bool belongs_to_handler(TraceRecord::Kind kind) {
  return kind == TraceRecord::OBSERVED || kind == TraceRecord::LOGGED || kind == TraceRecord::STATE;
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return !text.empty() && read.ec == std::errc() && read.ptr == end;
}

}  // namespace

/// Recognises one request in messages and claims, and learns on the way what its command looks
/// like inside the system.
class TraceSelection::Follower {
 public:
  Follower(RequestName name, const statemachine::MachineKind* machine)
      : name_(name), machine_(machine) {}

  bool touches(const TraceRecord& record, Trace& trace) {
    if (record.kind() == TraceRecord::OBSERVED) return claims(record, trace);
    const Message* payload = trace.payload();
    if (payload == nullptr) return false;
    if (record.kind() == TraceRecord::REQUESTED) learn(*payload);
    return any_part(
        *payload, [this](const Message& part) { return is_named(part); },
        [this](const std::string& bytes) { return holds_command(bytes); });
  }

 private:
  bool is_named(const Message& message) const {
    return number_in(message, "client") == name_.client &&
           number_in(message, "sequence") == name_.sequence;
  }

  void learn(const Message& request) {
    if (!is_named(request)) return;
    const std::string command = bytes_in(request, "command");
    if (command.empty()) return;
    digests_.insert(statemachine::digest_of(command));
    const auto below = number_in(request, "acknowledged_below").value_or(0);
    digests_.insert(statemachine::digest_of(
        statemachine::encode_session_command(name_.client, name_.sequence, below, command)));
    // Two reads look alike, so bytes alone do not say whose they are.
    if (machine_ != nullptr && !machine_->read_only(command)) command_ = command;
  }

  bool holds_command(const std::string& bytes) {
    if (const auto session = session_parts(bytes)) {
      if (session->client != name_.client || session->sequence != name_.sequence) return false;
      digests_.insert(statemachine::digest_of(bytes));
      return true;
    }
    return !command_.empty() && bytes.find(command_) != std::string::npos;
  }

  bool claims(const TraceRecord& record, const Trace& trace) const {
    const auto& kind = trace.header().claim_kind(static_cast<int>(record.claim()) - 1);
    const int size = std::min(kind.field_size(), record.claim_value_size());
    for (int at = 0; at < size; ++at) {
      const auto& field = kind.field(at);
      const bool is_command = field == "command_digest" || field == "entry_digest";
      if (is_command && digests_.contains(record.claim_value(at))) return true;
    }
    return false;
  }

  RequestName name_;
  const statemachine::MachineKind* machine_;
  std::string command_;
  std::set<std::uint64_t> digests_;
};

bool TraceFilter::wants(Moment moment) const {
  const auto is_after = [&](const Moment& bound) {
    return bound.is_event == moment.is_event && moment.value > bound.value;
  };
  const auto is_before = [&](const Moment& bound) {
    return bound.is_event == moment.is_event && moment.value < bound.value;
  };
  return !(from && is_before(*from)) && !(until && is_after(*until));
}

std::variant<Moment, std::string> parse_moment(std::string_view text) {
  const std::string expected = "expected milliseconds such as 12.5, or an event such as #345";
  Moment moment;
  if (text.starts_with('#')) {
    moment.is_event = true;
    if (!parse_number(text.substr(1), moment.value)) return expected;
    return moment;
  }
  constexpr std::uint64_t kNanoseconds = 1'000'000;
  constexpr std::uint64_t kMillisecondsMax = 1'000'000'000'000;
  const auto dot = text.find('.');
  std::uint64_t whole = 0;
  if (!parse_number(text.substr(0, dot), whole) || whole > kMillisecondsMax) return expected;
  moment.value = whole * kNanoseconds;
  if (dot == std::string_view::npos) return moment;
  std::string digits(text.substr(dot + 1));
  std::uint64_t fraction = 0;
  if (digits.empty() || digits.size() > 6) return expected;
  digits.resize(6, '0');
  if (!parse_number(std::string_view(digits), fraction)) return expected;
  moment.value += fraction;
  return moment;
}

std::variant<RequestName, std::string> parse_request_name(std::string_view text) {
  if (text.starts_with('c')) text.remove_prefix(1);
  RequestName name;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !parse_number(text.substr(0, colon), name.client) ||
      !parse_number(text.substr(colon + 1), name.sequence)) {
    return "expected a client and its sequence, such as 3:17";
  }
  return name;
}

std::vector<std::string> message_names(Trace& trace) {
  std::set<std::string> names;
  for (std::uint64_t number = 1; number <= trace.size(); ++number) {
    const auto& record = trace.read(number);
    if (record.type() == 0 || record.payload_of() != 0) continue;
    if (const auto* payload = trace.payload()) {
      names.insert(body_of(*payload).GetDescriptor()->name());
    }
  }
  return {names.begin(), names.end()};
}

TraceSelection::TraceSelection(const TraceFilter& filter, Trace& trace)
    : filter_(filter), trace_(trace) {
  if (!filter.follow) return;
  const auto& machine = trace.header().run().workload().machine();
  follower_ = std::make_unique<Follower>(*filter.follow, statemachine::find_machine(machine));
}

TraceSelection::~TraceSelection() = default;

bool TraceSelection::admits(const TraceRecord& record) {
  bool passes = admits_itself(record);
  if (begins_handler(record.kind())) {
    handled_event_ = record.event();
    handled_node_ = record.node();
    handled_passed_ = passes;
  } else if (belongs_to_handler(record.kind()) && handled_event_ == record.event() &&
             handled_node_ == record.node()) {
    // A handler may claim much about other requests.
    const bool speaks_for_itself = follower_ != nullptr && record.kind() == TraceRecord::OBSERVED;
    passes = passes || (handled_passed_ && !speaks_for_itself);
  }
  // What a client sent and nobody got has no other node.
  const auto node = record.node() == 0 ? record.peer() : record.node();
  const auto& nodes = filter_.nodes;
  const bool is_here = nodes.empty() || std::find(nodes.begin(), nodes.end(), node) != nodes.end();
  return passes && is_here && filter_.wants({false, record.at_ns()}) &&
         filter_.wants({true, record.event()});
}

bool TraceSelection::admits_itself(const TraceRecord& record) {
  // The follower learns from everything, in view or not.
  const bool touches = follower_ == nullptr || follower_->touches(record, trace_);
  if (filter_.messages.empty()) return touches;
  const Message* payload = touches ? trace_.payload() : nullptr;
  if (payload == nullptr) return false;
  const auto& name = body_of(*payload).GetDescriptor()->name();
  return std::find(filter_.messages.begin(), filter_.messages.end(), name) !=
         filter_.messages.end();
}

bool TraceSelection::is_over(const TraceRecord& record) const {
  if (!filter_.until) return false;
  const Moment now{filter_.until->is_event,
                   filter_.until->is_event ? record.event() : record.at_ns()};
  return now.value > filter_.until->value;
}

}  // namespace lockstep::chaos
