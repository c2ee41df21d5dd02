#include "tests/hostile/hostile_node.h"

#include <charconv>

#include "transport/process/node_module.h"

namespace lockstep::tests {
namespace {

Attacks all_attacks() {
  Attacks all;
  for (const auto list :
       {attacks_by_ending, attacks_by_sharing, attacks_on_files, attacks_on_resources,
        attacks_on_processes, attacks_on_networks, attacks_on_the_kernel, attacks_by_chance}) {
    all.merge(list());
  }
  return all;
}

int number_in(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

void Hostile::on(Ctx& ctx, const transport::Request& request) {
  options_.target.self = number(ctx.self());
  std::string answer = "done";
  if (options_.floods_log) {
    constexpr int kLines = 100'000;
    for (int line = 0; line < kLines; ++line) ctx.log("{}", std::string(1000, 'x'));
  } else if (request.command() == "attack") {
    answer = options_.attack(options_.target);
  }
  ctx.reply(transport::ClientId{request.client()}, request.sequence(),
            [&](transport::Reply& reply) { reply.set_result(answer); });
}

std::variant<std::unique_ptr<transport::Node>, std::string> make_hostile(
    const transport::NodeSpec& spec) {
  static const Attacks attacks = all_attacks();
  const auto option = [&](const char* name) {
    const auto found = spec.options.find(name);
    return found == spec.options.end() ? std::string() : found->second;
  };
  const auto found = attacks.find(spec.role);
  if (found == attacks.end() && spec.role != "S49_log_flood") return "no attack " + spec.role;
  Hostile::Options options;
  options.attack = found == attacks.end() ? nullptr : found->second;
  options.floods_log = found == attacks.end();
  options.target.canary = option("canary");
  options.target.results = option("results");
  options.target.referee = number_in(option("referee"));
  options.target.port = number_in(option("port"));
  options.target.mark = option("mark");
  return std::make_unique<transport::Hosted<Hostile>>(std::move(options));
}

}  // namespace lockstep::tests

const lockstep::transport::NodeFactory* lockstep_node_factory() {
  static const lockstep::transport::NodeFactory kFactory = lockstep::tests::make_hostile;
  return &kFactory;
}
