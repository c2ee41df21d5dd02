#include <fmt/core.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "chaos/check/hex.h"
#include "chaos/run_description.h"
#include "chaos/trace.pb.h"
#include "chaos/trace_payload.h"
#include "chaos/trace_spellers.h"

namespace lockstep::chaos {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kKinds[] = {"unspecified", "started",   "crashed", "sent",  "delivered",
                                  "dropped",     "requested", "replied", "fired", "observed",
                                  "stored",      "logged",    "state"};

std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

class JsonSpeller final : public TraceSpeller {
 public:
  explicit JsonSpeller(Trace& trace) : trace_(trace), payloads_(machine_of(trace), true) {}

  std::string heading() override {
    const auto& header = trace_.header();
    Json json = {{"kind", "run"},
                 {"lockstep_version", header.lockstep_version()},
                 {"system", header.run().system()},
                 {"seed", header.run().seed()},
                 {"nodes", Json::array()},
                 {"replay", header.replay()}};
    for (const auto node : header.node()) json["nodes"].push_back(node);
    return line(json);
  }

  std::string record(const TraceRecord& record) override {
    pass(record);
    Json json = {{"kind", kKinds[record.kind()]},
                 {"event", record.event()},
                 {"at_ns", record.at_ns()},
                 {"node", record.node()}};
    if (record.peer() != 0) json["peer"] = record.peer();
    if (record.client() != 0) json["client"] = client_name(record.client());
    add_payload(json);
    if (record.kind() == TraceRecord::OBSERVED) add_claim(json, record);
    if (record.kind() == TraceRecord::STORED) add_writes(json, record);
    if (record.kind() == TraceRecord::STATE) add_changes(json, record);
    if (record.kind() == TraceRecord::LOGGED) json["text"] = record.text();
    if (record.kind() == TraceRecord::STARTED) {
      constexpr const char* kStarts[] = {"first", "restart", "join"};
      json["start"] = kStarts[std::clamp(static_cast<int>(record.start()), 0, 2)];
      json["incarnation"] = record.incarnation();
    }
    if (record.kind() == TraceRecord::FIRED) {
      json["timer"] = record.timer();
      json["key"] = record.key();
    }
    return line(json);
  }

  void pass(const TraceRecord& record) override {
    if (record.kind() != TraceRecord::REQUESTED) return;
    if (const auto* request = trace_.payload()) payloads_.remember(*request);
  }

  std::string fault(const TraceFault& fault) override {
    return line({{"kind", "fault"},
                 {"at_ns", fault.at_ns()},
                 {"fault", fault.kind()},
                 {"story", fault.story()},
                 {"effects", fault.effects()}});
  }

  std::string ending() override {
    const auto& end = trace_.trailer();
    return line({{"kind", "end"},
                 {"records", end.records()},
                 {"left_out", end.left_out()},
                 {"events", end.events()},
                 {"digest", fmt::format("{:016x}", end.digest())},
                 {"judgement", end.judgement()},
                 {"detector", end.detector()},
                 {"source", end.source()},
                 {"story", end.story()},
                 {"event", end.event()},
                 {"at_ns", end.at_ns()}});
  }

 private:
  void add_payload(Json& json) {
    const auto type = trace_.payload_type();
    if (type.empty()) return;
    json["type"] = type;
    const auto* message = trace_.payload();
    if (message == nullptr) {
      json["unparsable_hex"] = to_hex(trace_.payload_bytes());
      return;
    }
    json["text"] = payloads_.text(*message);
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    std::string fields;
    if (!google::protobuf::util::MessageToJsonString(*message, &fields, options).ok()) return;
    auto parsed = Json::parse(fields, nullptr, false);
    if (!parsed.is_discarded()) json["payload"] = std::move(parsed);
  }

  void add_claim(Json& json, const TraceRecord& record) const {
    const auto& kind = trace_.header().claim_kind(static_cast<int>(record.claim()) - 1);
    json["claim"] = kind.name();
    const int size = std::min(kind.field_size(), record.claim_value_size());
    for (int at = 0; at < size; ++at) json["values"][kind.field(at)] = record.claim_value(at);
  }

  static void add_writes(Json& json, const TraceRecord& record) {
    json["writes"] = Json::array();
    for (const auto& write : record.write()) {
      Json stored = {{"key", key_text(write.key())}};
      if (write.erased()) {
        stored["erased"] = true;
      } else {
        stored["bytes"] = write.bytes();
      }
      json["writes"].push_back(std::move(stored));
    }
  }

  void add_changes(Json& json, const TraceRecord& record) const {
    json["changes"] = Json::array();
    for (const auto& change : record.change()) {
      Json changed = {{"field", trace_.header().field(static_cast<int>(change.field()) - 1)}};
      if (change.has_before()) changed["before"] = change.before();
      if (change.has_after()) changed["after"] = change.after();
      json["changes"].push_back(std::move(changed));
    }
  }

  Trace& trace_;
  PayloadText payloads_;
};

}  // namespace

std::unique_ptr<TraceSpeller> make_json_speller(Trace& trace) {
  return std::make_unique<JsonSpeller>(trace);
}

}  // namespace lockstep::chaos
