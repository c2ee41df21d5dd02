// Who waits for an answer, and the answers that every protocol gives: a client speaks one language
// to all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "consensus/vocabulary.h"

namespace lockstep::consensus {

/// A request, by the name that its answer carries.
struct Asker {
  ClientId client{};
  std::uint64_t sequence = 0;

  friend auto operator<=>(const Asker&, const Asker&) = default;
};

/// Who sent this request.
inline Asker asker_of(const Request& request) {
  return {ClientId{request.client()}, request.sequence()};
}

/// Answers with a status and, where there is one, a result or a reason.
template <class P>
void answer(Context<P>& ctx, const Asker& asker, Reply::Status status,
            std::string_view result = {}) {
  ctx.reply(asker.client, asker.sequence, [&](Reply& reply) {
    reply.set_status(status);
    reply.mutable_result()->assign(result);
  });
}

/// Answers that somebody else has to be asked: `leader`, if that is known and not this node.
template <class P>
void redirect(Context<P>& ctx, const Asker& asker, std::optional<NodeId> leader) {
  if (!leader || *leader == ctx.self()) return answer(ctx, asker, Reply::UNAVAILABLE);
  Reply reply;
  reply.set_status(Reply::REDIRECT);
  reply.set_redirect(number(*leader));
  ctx.reply(asker.client, asker.sequence, std::move(reply));
}

}  // namespace lockstep::consensus
