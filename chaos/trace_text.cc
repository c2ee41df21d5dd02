#include <fmt/core.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <vector>

#include "chaos/run_description.h"
#include "chaos/trace.pb.h"
#include "chaos/trace_payload.h"
#include "chaos/trace_spellers.h"

namespace lockstep::chaos {
namespace {

/// Where what stands under a step begins.
constexpr std::size_t kIndent = 26;
constexpr std::size_t kWritesShown = 4;
constexpr std::uint64_t kNanosecondsPerTenth = 100'000;

std::string node_name(std::uint32_t node) { return to_string(transport::NodeId{node}); }

std::string milliseconds(std::uint64_t at_ns) {
  const std::uint64_t tenths = at_ns / kNanosecondsPerTenth;
  return fmt::format("{}.{}", tenths / 10, tenths % 10);
}

class TextSpeller final : public TraceSpeller {
 public:
  TextSpeller(Trace& trace, const TraceStyle& style)
      : trace_(trace), style_(style), payloads_(machine_of(trace), style.full) {}

  std::string heading() override {
    const auto& header = trace_.header();
    const auto& run = header.run();
    std::string text;
    if (!run.system().empty()) {
      text = fmt::format("{}, {} nodes, seed {}", run.system(), header.node_size(), run.seed());
      if (!header.replay().empty()) text += ": " + printable(header.replay());
      text += "\n";
    }
    return text + "  time ms     event  node  what\n";
  }

  std::string record(const TraceRecord& record) override {
    pass(record);
    if (record.kind() == TraceRecord::STATE) return changes(record);
    if (record.kind() == TraceRecord::LOGGED) return under('>', printable(record.text()));
    const auto where = record.node() == 0 ? record.peer() : record.node();
    return step(record.at_ns(), std::to_string(record.event()), node_name(where), what(record));
  }

  void pass(const TraceRecord& record) override {
    if (record.kind() != TraceRecord::REQUESTED) return;
    if (const auto* request = trace_.payload()) payloads_.remember(*request);
  }

  std::string fault(const TraceFault& fault) override {
    const char* bite = fault.effects() == 0 ? " (it changed nothing)" : "";
    return step(fault.at_ns(), "-", "-", "fault    " + printable(fault.story()) + bite);
  }

  std::string ending() override {
    const auto& end = trace_.trailer();
    std::string text;
    if (end.left_out() > 0) {
      text = fmt::format("The trace ends here: its limit was reached, {} records were left out.\n",
                         end.left_out());
    }
    if (end.judgement().empty()) return text;
    text += end.judgement();
    if (!end.detector().empty()) text += ": " + printable(end.detector());
    if (!end.source().empty()) text += fmt::format(" ({})", printable(end.source()));
    text += fmt::format(" after {} events, digest {:016x}\n", end.events(), end.digest());
    if (!end.story().empty()) text += end.story() + "\n";
    return text;
  }

 private:
  std::string step(std::uint64_t at_ns, std::string_view event, std::string_view node,
                   std::string_view text) const {
    return cut(fmt::format("{:>9} {:>9}  {:<4}  {}", milliseconds(at_ns), event, node, text));
  }

  std::string under(char mark, std::string_view text) const {
    return cut(fmt::format("{:>{}} {}", mark, kIndent + 1, text));
  }

  /// Requires: the line is ASCII, so that bytes are columns.
  std::string cut(std::string line) const {
    if (!style_.full && line.size() > style_.width) {
      line.resize(std::max<std::size_t>(style_.width, 1) - 1);
      line += "…";
    }
    return line + "\n";
  }

  std::string what(const TraceRecord& record) {
    const std::string node = node_name(record.node());
    const std::string peer = node_name(record.peer());
    switch (record.kind()) {
      case TraceRecord::STARTED:
        return "start    " + start(record);
      case TraceRecord::CRASHED:
        return "crash";
      case TraceRecord::SENT:
        return fmt::format("send     {} -> {} {}", node, peer, payload());
      case TraceRecord::DELIVERED:
        return fmt::format("get      {} -> {} {}", peer, node, payload());
      case TraceRecord::DROPPED:
        return fmt::format("lose     {} -> {} {}", record.node() == 0 ? asking_client() : node,
                           peer, payload());
      case TraceRecord::REQUESTED:
        return fmt::format("request  {} -> {} {}",
                           record.peer() == 0 ? client_name(record.client()) : peer, node,
                           payload());
      case TraceRecord::REPLIED:
        return fmt::format("reply    {} -> {} {}", node, client_name(record.client()), payload());
      case TraceRecord::FIRED:
        return record.key() == 0 ? fmt::format("timer    {}", record.timer())
                                 : fmt::format("timer    {}, key {}", record.timer(), record.key());
      case TraceRecord::OBSERVED:
        return "claim    " + claim(record);
      case TraceRecord::STORED:
        return "store    " + writes(record);
      default:
        return "?";
    }
  }

  /// Who sent a request that no node got.
  std::string asking_client() {
    const auto* request = trace_.payload();
    return client_name(request == nullptr ? 0 : number_in(*request, "client").value_or(0));
  }

  std::string payload() {
    const auto type = trace_.payload_type();
    if (type.empty()) return "";
    const auto* message = trace_.payload();
    if (message != nullptr) return payloads_.text(*message);
    return fmt::format("{}{{{} bytes that do not parse}}", type.substr(type.rfind('.') + 1),
                       trace_.payload_bytes().size());
  }

  static std::string start(const TraceRecord& record) {
    const char* how = record.start() == TraceRecord::RESTART ? "again"
                      : record.start() == TraceRecord::JOIN  ? "joins"
                                                             : "first";
    return fmt::format("{}, incarnation {}", how, record.incarnation());
  }

  std::string claim(const TraceRecord& record) const {
    const auto& kind = trace_.header().claim_kind(static_cast<int>(record.claim()) - 1);
    std::string text = kind.name() + "{";
    std::string_view gap;
    const int size = std::min(kind.field_size(), record.claim_value_size());
    for (int at = 0; at < size; ++at) {
      const std::string& field = kind.field(at);
      const auto value = record.claim_value(at);
      if (field == "group" && value == 0) continue;
      const bool is_digest = field.ends_with("_digest");
      text += fmt::format("{}{}: {}", gap, field,
                          is_digest ? fmt::format("{:016x}", value) : std::to_string(value));
      gap = " ";
    }
    return text + "}";
  }

  std::string writes(const TraceRecord& record) const {
    std::string text;
    std::size_t shown = 0;
    for (const auto& write : record.write()) {
      if (!text.empty()) text += ", ";
      if (!style_.full && shown++ == kWritesShown) {
        return fmt::format("{}and {} more", text,
                           static_cast<std::size_t>(record.write_size()) - kWritesShown);
      }
      text += key_text(write.key());
      text += write.erased() ? " erased" : fmt::format(" ({} bytes)", write.bytes());
    }
    return text;
  }

  /// As many changes on a line as fit.
  std::string changes(const TraceRecord& record) const {
    std::string text;
    std::string line;
    for (const auto& change : record.change()) {
      const std::string next = change_text(change);
      const bool fits = kIndent + 2 + line.size() + 2 + next.size() <= style_.width;
      if (!line.empty() && !fits) {
        text += under('|', line + ",");
        line.clear();
      }
      line += (line.empty() ? "" : ", ") + next;
    }
    return text + under('|', line);
  }

  std::string change_text(const TraceChange& change) const {
    const auto name = printable(trace_.header().field(static_cast<int>(change.field()) - 1));
    const auto before = printable(change.before());
    const auto after = printable(change.after());
    if (!change.has_before()) return fmt::format("{} {}", name, after);
    if (!change.has_after()) return fmt::format("{} gone, was {}", name, before);
    return fmt::format("{} {} -> {}", name, before, after);
  }

  Trace& trace_;
  TraceStyle style_;
  PayloadText payloads_;
};

}  // namespace

std::unique_ptr<TraceSpeller> make_text_speller(Trace& trace, const TraceStyle& style) {
  return std::make_unique<TextSpeller>(trace, style);
}

}  // namespace lockstep::chaos
