// Fault plans as Protobuf text.
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "chaos/fault_plans.h"

namespace lockstep::chaos {
namespace {

constexpr std::size_t kTextBytesMax = 1 << 20;
constexpr int kDepthMax = 16;  // a plan's messages are nested less than half as deep

/// Keeps the first error; Protobuf counts lines and columns from 0 and says -1 for none.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (error_) return;
    error_ = PlanError{line + 1, line < 0 ? 0 : column + 1, message};
  }
  PlanError error() const {
    return error_.value_or(PlanError{0, 0, "this is not a fault plan in Protobuf text"});
  }

 private:
  std::optional<PlanError> error_;
};

}  // namespace

std::variant<FaultPlan, PlanError> parse_plan(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return PlanError{0, 0,
                     "a fault plan has at most " + std::to_string(kTextBytesMax) +
                         " bytes, this text has " + std::to_string(text.size())};
  }
  FirstError errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(kDepthMax);
  FaultPlan plan;
  if (!parser.ParseFromString(std::string(text), &plan)) return errors.error();
  return plan;
}

std::string to_text(const FaultPlan& plan) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(plan, &text);
  return text;
}

}  // namespace lockstep::chaos
