#include <algorithm>

#include "chaos/fault_parts.h"
#include "chaos/injector_engine.h"

namespace lockstep::chaos {

using std::chrono::milliseconds;
using transport::Admin;
using transport::ClientId;
using transport::NodeId;
using transport::Reply;
using transport::Request;

namespace {

/// Each fault has an operator of its own, so that changes may overlap.
constexpr std::uint64_t kFirstOperator = 1ull << 40;

/// Longer than most changes take, so that an operator seldom asks for what is being done already.
constexpr transport::Between kPatience{milliseconds(400), milliseconds(800)};
constexpr transport::Between kAfterRedirect{milliseconds(1), milliseconds(5)};
constexpr transport::Between kAfterRefusal{milliseconds(10), milliseconds(60)};
/// Nodes that were removed long ago may send one in circles.
constexpr std::uint32_t kRedirectsMax = 3;
constexpr std::size_t kReasonBytesMax = 80;

Admin admin_of(const Reconfigure& change, const Cast& cast) {
  Admin admin;
  const auto id = [&](const Node& node) { return number(resolve(node, cast)); };
  switch (change.change_case()) {
    case Reconfigure::kAdd:
      admin.set_add(id(change.add()));
      break;
    case Reconfigure::kRemove:
      admin.set_remove(id(change.remove()));
      break;
    case Reconfigure::kLearner:
      admin.set_learner(id(change.learner()));
      break;
    case Reconfigure::kTransfer:
      admin.set_transfer(id(change.transfer()));
      break;
    case Reconfigure::kMembers:
      for (const auto& node : change.members().node()) {
        admin.mutable_members()->add_node(id(node));
      }
      break;
    default:
      admin.mutable_snapshot();
  }
  return admin;
}

/// A node's words as one line of text.
std::string as_reason(std::string text) {
  if (text.size() > kReasonBytesMax) text = text.substr(0, kReasonBytesMax - 3) + "...";
  for (char& letter : text) {
    if (letter < ' ' || letter > '~') letter = '?';
  }
  return text;
}

}  // namespace

bool Injector::Engine::is_operator(ClientId client) { return number(client) >= kFirstOperator; }

void Injector::Engine::petition(Index index) {
  Progress& fault = of(index);
  fault.asks = true;
  const auto leader = std::find(present_.begin(), present_.end(), cast_.leader);
  fault.asked = leader != present_.end()
                    ? static_cast<std::size_t>(leader - present_.begin())
                    : transport::below(operator_draw(index, "operator"), present_.size());
  ask_after(index, {});
}

std::uint64_t Injector::Engine::operator_draw(Index index, transport::Purpose purpose) {
  return transport::draw(seed_, purpose, index, of(index).attempts);
}

void Injector::Engine::ask_after(Index index, transport::Between wait) {
  transport::Event event;
  event.target = this;
  event.kind = static_cast<std::uint32_t>(Happening::Ask);
  event.key = index;
  event.generation = ++of(index).alarm;
  const auto delay = transport::quantised(within(operator_draw(index, "operator waits"), wait));
  cluster_.loop().schedule(cluster_.now() + delay, std::move(event));
}

void Injector::Engine::ask(Index index, std::uint64_t alarm) {
  Progress& fault = of(index);
  if (!fault.asks || fault.alarm != alarm) return;
  bring_in(*fault.fault);
  if (fault.attempts > 0 && !fault.redirected) {
    const bool is_lost = fault.redirects > kRedirectsMax;
    fault.asked = is_lost ? transport::below(operator_draw(index, "operator"), present_.size())
                          : (fault.asked + 1) % present_.size();
  }
  fault.redirected = false;
  ++fault.attempts;
  const ClientId client{kFirstOperator + index};
  const NodeId node = present_[fault.asked];
  auto request = transport::compose<Request, Request>([&](Request& made) {
    made.set_client(number(client));
    made.set_sequence(fault.attempts);
    *made.mutable_admin() = admin_of(fault.fault->reconfigure(), fault.cast);
    made.set_acknowledged_below(fault.attempts);
  });
  cluster_.submit(client, node, std::move(request));
  ask_after(index, kPatience);
}

void Injector::Engine::bring_in(const Fault& fault) {
  const Node* newcomer = newcomer_of(fault);
  if (newcomer == nullptr) return;
  const NodeId node{newcomer->id()};
  if (std::find(present_.begin(), present_.end(), node) != present_.end()) return;
  present_.push_back(node);
  cluster_.start(node, true);
  if (on_join) on_join(node);
}

void Injector::Engine::answered(ClientId client, const Reply& reply) {
  const Index index = number(client) - kFirstOperator;
  if (index >= progress_.size()) return;
  Progress& fault = of(index);
  if (!fault.asks) return;
  if (reply.status() == Reply::OK) {
    fault.asks = false;
    return bite(index);
  }
  if (fault.redirected || reply.sequence() != fault.attempts) return;
  switch (reply.status()) {
    case Reply::REJECTED:
      fault.asks = false;
      injected_[fault.account].story += "; refused: " + as_reason(reply.result());
      return;
    case Reply::REDIRECT: {
      const auto other = std::find(present_.begin(), present_.end(), NodeId{reply.redirect()});
      fault.redirected = other != present_.end();
      ++fault.redirects;
      if (fault.redirected) fault.asked = static_cast<std::size_t>(other - present_.begin());
      return ask_after(index, kAfterRedirect);
    }
    default:
      return ask_after(index, kAfterRefusal);
  }
}

}  // namespace lockstep::chaos
