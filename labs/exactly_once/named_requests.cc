#include "labs/exactly_once/named_requests.h"

#include <fmt/core.h>

#include "labs/exactly_once/exactly_once.messages.h"
#include "statemachine/fold.h"
#include "transport/request.messages.h"

namespace lockstep::labs {

using lab::exactly_once::Message;
using statemachine::digest_of;
using transport::Reply;
using transport::Request;
using transport::Witness;

namespace {

std::string spell(std::pair<std::uint64_t, std::uint64_t> name) {
  return fmt::format("request {} of c{}", name.second, name.first);
}

}  // namespace

void NamedRequests::see(const Witness& witness) {
  if (violation_ || witness.payload == nullptr) return;
  if (witness.kind == Witness::Kind::Requested) {
    const auto* request = witness.message_as<Request>();
    if (request == nullptr) return;
    Known& known = requests_[{request->client(), request->sequence()}];
    known.command = digest_of(request->command());
    known.read_only = request->read_only();
  } else if (witness.kind == Witness::Kind::Replied) {
    see_reply(witness);
  } else if (witness.kind == Witness::Kind::Sent) {
    const auto* message = witness.message_as<Message>();
    if (message == nullptr) return;
    if (message->has_call()) {
      const auto& call = message->call();
      see_call(witness, {call.client(), call.sequence()}, call.command());
    } else if (message->has_answer()) {
      const auto& answer = message->answer();
      see_answer(witness, {answer.client(), answer.sequence()}, answer.result());
    }
  }
}

void NamedRequests::see_call(const Witness& witness, Name name, const std::string& command) {
  const Known& known = requests_[name];
  if (!known.command) {
    violate(witness, "calls carry requests",
            fmt::format("{} sent a Call for {}, but no user ever made that request",
                        to_string(witness.node), spell(name)));
  } else if (*known.command != digest_of(command)) {
    violate(witness, "calls carry requests",
            fmt::format("{} sent a Call for {} with a command that is not that request's",
                        to_string(witness.node), spell(name)));
  }
}

void NamedRequests::see_answer(const Witness& witness, Name name, const std::string& result) {
  Known& known = requests_[name];
  const bool is_new = known.results.insert(digest_of(result)).second;
  if (is_new && known.results.size() > 1 && !known.read_only) {
    violate(witness, "one execution, one result",
            fmt::format("the server answered {} twice, with different results: first in event {}, "
                        "and now again",
                        spell(name), known.answered_at));
  } else if (known.results.size() == 1 && is_new) {
    known.answered_at = witness.event;
  }
}

void NamedRequests::see_reply(const Witness& witness) {
  const auto* reply = witness.message_as<Reply>();
  if (reply == nullptr || reply->status() != Reply::OK) return;
  const Name name{reply->client(), reply->sequence()};
  const Known& known = requests_[name];
  if (known.results.empty()) {
    violate(witness, "replies are answers",
            fmt::format("{} replied to {}, which the server had not answered",
                        to_string(witness.node), spell(name)));
  } else if (known.results.count(digest_of(reply->result())) == 0) {
    violate(witness, "replies are answers",
            fmt::format("{} replied to {} with a result that is not the server's answer to it",
                        to_string(witness.node), spell(name)));
  }
}

void NamedRequests::violate(const Witness& witness, const char* rule, std::string story) {
  transport::Violation violation;
  violation.rule = rule;
  violation.source = "README, what the tests hold you to";
  violation.story = std::move(story);
  violation.event = witness.event;
  violation.at = witness.at;
  violation_ = std::move(violation);
}

std::uint64_t NamedRequests::digest() const {
  statemachine::Fold digest;
  for (const auto& [name, known] : requests_) {
    statemachine::fold(digest, name.first);
    statemachine::fold(digest, name.second);
    statemachine::fold(digest, known.command.value_or(0));
    for (const auto result : known.results) statemachine::fold(digest, result);
  }
  return digest.digest();
}

}  // namespace lockstep::labs
