#include "chaos/trace_view.h"

#include "chaos/run_description.h"
#include "chaos/trace.pb.h"
#include "chaos/trace_spellers.h"

namespace lockstep::chaos {

std::unique_ptr<TraceSpeller> make_speller(Trace& trace, const TraceStyle& style) {
  return style.json ? make_json_speller(trace) : make_text_speller(trace, style);
}

const statemachine::MachineKind* machine_of(const Trace& trace) {
  return statemachine::find_machine(trace.header().run().workload().machine());
}

std::string client_name(std::uint64_t client) { return to_string(transport::ClientId{client}); }

namespace {

/// Faults have a time but no event, node or message: they are shown unless one of those is asked.
bool shows_faults(const TraceFilter& filter) {
  return filter.nodes.empty() && filter.messages.empty() && !filter.follow;
}

class Printing {
 public:
  Printing(Trace& trace, const TraceFilter& filter, const TraceStyle& style,
           const std::function<bool(std::string_view)>& out)
      : trace_(trace),
        filter_(filter),
        selection_(filter, trace),
        speller_(make_speller(trace, style)),
        out_(out) {}

  void run() {
    if (!out_(speller_->heading())) return;
    std::uint64_t at_ns = 0;
    bool entered = !filter_.from;
    for (std::uint64_t number = 1; number <= trace_.size(); ++number) {
      const TraceRecord& record = trace_.read(number);
      at_ns = record.at_ns();
      if (selection_.is_over(record)) break;
      entered =
          entered || filter_.wants({filter_.from->is_event,
                                    filter_.from->is_event ? record.event() : record.at_ns()});
      if (!faults_until(at_ns, entered)) return;
      if (!selection_.admits(record)) {
        speller_->pass(record);
      } else if (!out_(speller_->record(record))) {
        return;
      }
    }
    if (!filter_.until && !faults_until(~std::uint64_t{0}, true)) return;
    out_(speller_->ending());
  }

 private:
  bool faults_until(std::uint64_t at_ns, bool visible) {
    const auto& faults = trace_.trailer().fault();
    for (; next_fault_ < faults.size(); ++next_fault_) {
      const auto& fault = faults.Get(next_fault_);
      if (fault.at_ns() > at_ns) break;
      if (!visible || !shows_faults(filter_)) continue;
      if (!out_(speller_->fault(fault))) return false;
    }
    return true;
  }

  Trace& trace_;
  const TraceFilter& filter_;
  TraceSelection selection_;
  std::unique_ptr<TraceSpeller> speller_;
  const std::function<bool(std::string_view)>& out_;
  int next_fault_ = 0;
};

}  // namespace

void print(Trace& trace, const TraceFilter& filter, const TraceStyle& style,
           const std::function<bool(std::string_view)>& out) {
  Printing(trace, filter, style, out).run();
}

}  // namespace lockstep::chaos
