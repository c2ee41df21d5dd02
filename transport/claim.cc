#include "transport/claim.h"

namespace lockstep::transport {
namespace {

using statemachine::Fold;

void fold_fields(Fold& digest, const Leads& claim) { digest(claim.term); }
void fold_fields(Fold& digest, const Follows& claim) { digest(claim.term); }
void fold_fields(Fold& digest, const Committed& claim) {
  digest(claim.index);
  digest(claim.term);
}
void fold_fields(Fold& digest, const Applied& claim) {
  digest(claim.index);
  digest(claim.command_digest);
  digest(claim.result_digest);
}
void fold_fields(Fold& digest, const Appended& claim) {
  digest(claim.index);
  digest(claim.term);
  digest(claim.entry_digest);
}
void fold_fields(Fold& digest, const Truncated& claim) { digest(claim.index); }
void fold_fields(Fold& digest, const Installed& claim) {
  digest(claim.index);
  digest(claim.term);
  digest(claim.state_digest);
}
void fold_fields(Fold& digest, const Compacted& claim) {
  digest(claim.index);
  digest(claim.term);
  digest(claim.state_digest);
}
void fold_fields(Fold& digest, const Reached& claim) { digest(claim.kind); }

void fold_fields(Fold& digest, const Configured& claim) {
  digest(claim.index);
  digest(claim.term);
  digest(claim.voters);
  digest(claim.outgoing);
  digest(claim.learners);
}
void fold_fields(Fold& digest, const Served& claim) {
  digest(claim.client);
  digest(claim.sequence);
  digest(claim.index);
  digest(claim.level);
}
void fold_fields(Fold& digest, const ViewInstalled& claim) {
  digest(claim.view);
  digest(claim.members);
  digest(claim.transitional);
  digest(claim.incarnation);
}
void fold_fields(Fold& digest, const Multicast& claim) {
  digest(claim.view);
  digest(claim.number);
  digest(claim.digest);
}
void fold_fields(Fold& digest, const GroupDelivered& claim) {
  digest(claim.view);
  digest(claim.sender);
  digest(claim.number);
  digest(claim.digest);
}
void fold_fields(Fold& digest, const SafeIndicated& claim) {
  digest(claim.view);
  digest(claim.sender);
  digest(claim.number);
}

}  // namespace

void fold(Fold& digest, const Claim& claim) {
  digest(claim.index());
  std::visit(
      [&](const auto& kind) {
        digest(number(kind.group));
        fold_fields(digest, kind);
      },
      claim);
}

}  // namespace lockstep::transport
