#include "tests/transport/toy.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace lockstep::tests {

using transport::NodeId;
using transport::Reply;
using transport::Request;

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string with_colons(std::string word) {
  std::replace(word.begin(), word.end(), ',', ':');
  return word;
}

NodeId node_of(const std::string& text) {
  return NodeId{static_cast<std::uint32_t>(std::stoul(text))};
}

toy::Say say(const std::string& text, const std::string& script) {
  toy::Say body;
  body.set_text(text);
  body.set_script(script);
  return body;
}

Reply result(const std::string& text) {
  Reply reply;
  reply.set_result(text);
  return reply;
}

/// Misbehaves as no node in one process could without harm; for child processes.
bool misbehave(const std::vector<std::string>& word) {
  constexpr int kSomeDescriptors = 64;
  const std::string& verb = word.front();
  if (verb == "exit") _exit(std::stoi(word.at(1)));
  if (verb == "signal") std::raise(std::stoi(word.at(1)));
  if (verb == "throw") throw std::runtime_error("out of a handler");
  if (verb == "hang_up") {
    for (int descriptor = 3; descriptor < kSomeDescriptors; ++descriptor) close(descriptor);
  } else if (verb == "garbage") {
    const std::string bytes = word.at(1) + std::string("\xff\xff\xff\x7f", 4);
    for (int descriptor = 3; descriptor < kSomeDescriptors; ++descriptor) {
      if (write(descriptor, bytes.data(), bytes.size()) < 0) continue;
    }
  } else {
    return false;
  }
  return true;
}

}  // namespace

void Toy::on(Ctx& ctx, transport::Start start) {
  hear("start:" + std::to_string(start.incarnation));
  for (const auto& [key, value] : ctx.storage().image()) hear("stored:" + key + "=" + *value);
  run(ctx, options_.on_start);
}

void Toy::on(Ctx& ctx, const Request& request) {
  client_ = transport::ClientId{request.client()};
  sequence_ = request.sequence();
  run(ctx, request.command());
}

void Toy::on(Ctx& ctx, NodeId, const toy::Say& message) {
  if (!message.text().empty()) hear(message.text());
  run(ctx, message.script());
}

void Toy::on(Ctx&, NodeId, const toy::Phase2a& message) {
  hear("phase2a:" + std::to_string(message.ballot()));
}

void Toy::on(Ctx&, NodeId, const Reply& reply) { hear("reply:" + reply.result()); }

void Toy::on(Ctx&, Timer, std::uint64_t key) { hear("timer:" + std::to_string(key)); }

void Toy::describe(transport::Fields& fields) const {
  for (const auto& what : heard_) fields("heard", what);
}

void Toy::run(Ctx& ctx, std::string_view script) {
  for (const auto& word : split(script, ' ')) {
    if (!word.empty()) run_word(ctx, split(word, ':'));
  }
}

void Toy::run_word(Ctx& ctx, const std::vector<std::string>& word) {
  const std::string& verb = word.front();
  if (run_storage(ctx, word) || run_sends(ctx, word) || misbehave(word)) return;
  if (verb == "timer") {
    const std::chrono::milliseconds after{std::stoi(word.at(2))};
    ctx.set_timer(Timer::Alarm, {after, after}, std::stoul(word.at(1)));
  } else if (verb == "cancel") {
    ctx.cancel_timer(Timer::Alarm, std::stoul(word.at(1)));
  } else if (verb == "claim") {
    ctx.observe(transport::Leads{transport::GroupId{}, std::stoul(word.at(1))});
  } else if (verb == "log") {
    ctx.log("{}", word.at(1));
  } else if (verb == "clock") {
    hear("now:" + std::to_string(ctx.now().time_since_epoch().count()));
  } else {
    throw std::logic_error("no such word in a toy's script: " + verb);
  }
}

bool Toy::run_storage(Ctx& ctx, const std::vector<std::string>& word) {
  if (word.front() == "erase") {
    ctx.storage().erase(word.at(1));
    return true;
  }
  if (word.front() != "put") return false;
  const auto pair = split(word.at(1), '=');
  ctx.storage().put(pair.at(0), pair.at(1));
  return true;
}

bool Toy::run_sends(Ctx& ctx, const std::vector<std::string>& word) {
  const std::string& verb = word.front();
  if (verb == "send") {
    ctx.send(node_of(word.at(1)), say(word.at(2), {}));
  } else if (verb == "early") {
    ctx.send_early(node_of(word.at(1)), say(word.at(2), {}));
  } else if (verb == "tell") {
    ctx.send(node_of(word.at(1)), say({}, with_colons(word.at(2))));
  } else if (verb == "reply") {
    ctx.reply(client_, sequence_, result(word.at(1)));
  } else if (verb == "reply_early") {
    ctx.reply_early(client_, sequence_, result(word.at(1)));
  } else if (verb == "ask") {
    Request request;
    request.set_sequence(1);
    request.set_command(with_colons(word.at(2)));
    ctx.ask(node_of(word.at(1)), std::move(request));
  } else {
    return false;
  }
  return true;
}

void Other::on(Ctx& ctx, const Request& request) {
  other::Ping ping;
  ping.set_text("ping");
  ctx.send(node_of(request.command()), std::move(ping));
}

}  // namespace lockstep::tests
