#include "tests/transport/pinger.h"
#include "tests/transport/pinger_run.h"

namespace lockstep::tests {

std::variant<std::unique_ptr<transport::Node>, std::string> make_pinger(
    const transport::NodeSpec& spec) {
  if (spec.role != "pinger") return "there is no role \"" + spec.role + "\"";
  Pinger<StudentWords>::Options options;
  options.name = spec.machine;
  options.chatty = spec.options.contains("chatty");
  return std::make_unique<transport::Hosted<Pinger<StudentWords>>>(std::move(options));
}

}  // namespace lockstep::tests
