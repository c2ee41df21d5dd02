// The way back: what a handler recorded. The reading half believes nothing.
#include <utility>

#include "transport/process/node_protocol.pb.h"
#include "transport/process/translate.h"

namespace lockstep::transport {
namespace {

// Beyond any run, and far enough from the end of 64 bits for a drifting clock to stretch it.
constexpr Duration kLongestTimer = std::chrono::hours{24 * 365 * 100};

struct ClaimWriter {
  process::Claim& out;
  void operator()(const Leads& claim) const { out.mutable_leads()->set_term(claim.term); }
  void operator()(const Follows& claim) const { out.mutable_follows()->set_term(claim.term); }
  void operator()(const Committed& claim) const {
    out.mutable_committed()->set_index(claim.index);
    out.mutable_committed()->set_term(claim.term);
  }
  void operator()(const Applied& claim) const {
    out.mutable_applied()->set_index(claim.index);
    out.mutable_applied()->set_command_digest(claim.command_digest);
    out.mutable_applied()->set_result_digest(claim.result_digest);
  }
  void operator()(const Appended& claim) const {
    out.mutable_appended()->set_index(claim.index);
    out.mutable_appended()->set_term(claim.term);
    out.mutable_appended()->set_entry_digest(claim.entry_digest);
  }
  void operator()(const Truncated& claim) const { out.mutable_truncated()->set_index(claim.index); }
  void operator()(const Installed& claim) const {
    out.mutable_installed()->set_index(claim.index);
    out.mutable_installed()->set_term(claim.term);
    out.mutable_installed()->set_state_digest(claim.state_digest);
  }
  void operator()(const Compacted& claim) const {
    out.mutable_compacted()->set_index(claim.index);
    out.mutable_compacted()->set_term(claim.term);
    out.mutable_compacted()->set_state_digest(claim.state_digest);
  }
  void operator()(const Reached& claim) const { out.mutable_reached()->set_kind(claim.kind); }
  void operator()(const Configured& claim) const {
    process::Configured& configured = *out.mutable_configured();
    configured.set_index(claim.index);
    configured.set_term(claim.term);
    configured.set_voters(claim.voters);
    configured.set_outgoing(claim.outgoing);
    configured.set_learners(claim.learners);
  }
  void operator()(const Served& claim) const {
    process::Served& served = *out.mutable_served();
    served.set_client(claim.client);
    served.set_sequence(claim.sequence);
    served.set_index(claim.index);
    served.set_level(claim.level);
  }
  void operator()(const ViewInstalled& claim) const {
    process::ViewInstalled& installed = *out.mutable_view_installed();
    installed.set_view(claim.view);
    installed.set_members(claim.members);
    installed.set_transitional(claim.transitional);
    installed.set_incarnation(claim.incarnation);
  }
  void operator()(const Multicast& claim) const {
    process::Multicast& multicast = *out.mutable_multicast();
    multicast.set_view(claim.view);
    multicast.set_number(claim.number);
    multicast.set_digest(claim.digest);
  }
  void operator()(const GroupDelivered& claim) const {
    process::GroupDelivered& delivered = *out.mutable_group_delivered();
    delivered.set_view(claim.view);
    delivered.set_sender(claim.sender);
    delivered.set_number(claim.number);
    delivered.set_digest(claim.digest);
  }
  void operator()(const SafeIndicated& claim) const {
    process::SafeIndicated& safe = *out.mutable_safe_indicated();
    safe.set_view(claim.view);
    safe.set_sender(claim.sender);
    safe.set_number(claim.number);
  }
};

std::optional<Claim> read_claim(const process::Claim& in) {
  const GroupId group{in.group()};
  switch (in.kind_case()) {
    case process::Claim::kLeads:
      return Leads{group, in.leads().term()};
    case process::Claim::kFollows:
      return Follows{group, in.follows().term()};
    case process::Claim::kCommitted:
      return Committed{group, in.committed().index(), in.committed().term()};
    case process::Claim::kApplied:
      return Applied{group, in.applied().index(), in.applied().command_digest(),
                     in.applied().result_digest()};
    case process::Claim::kAppended:
      return Appended{group, in.appended().index(), in.appended().term(),
                      in.appended().entry_digest()};
    case process::Claim::kTruncated:
      return Truncated{group, in.truncated().index()};
    case process::Claim::kInstalled:
      return Installed{group, in.installed().index(), in.installed().term(),
                       in.installed().state_digest()};
    case process::Claim::kCompacted:
      return Compacted{group, in.compacted().index(), in.compacted().term(),
                       in.compacted().state_digest()};
    case process::Claim::kReached:
      return Reached{group, in.reached().kind()};
    case process::Claim::kConfigured:
      return Configured{group,
                        in.configured().index(),
                        in.configured().term(),
                        in.configured().voters(),
                        in.configured().outgoing(),
                        in.configured().learners()};
    case process::Claim::kServed:
      return Served{group, in.served().client(), in.served().sequence(), in.served().index(),
                    in.served().level()};
    case process::Claim::kViewInstalled:
      return ViewInstalled{group, in.view_installed().view(), in.view_installed().members(),
                           in.view_installed().transitional(), in.view_installed().incarnation()};
    case process::Claim::kMulticast:
      return Multicast{group, in.multicast().view(), in.multicast().number(),
                       in.multicast().digest()};
    case process::Claim::kGroupDelivered:
      return GroupDelivered{group, in.group_delivered().view(), in.group_delivered().sender(),
                            in.group_delivered().number(), in.group_delivered().digest()};
    case process::Claim::kSafeIndicated:
      return SafeIndicated{group, in.safe_indicated().view(), in.safe_indicated().sender(),
                           in.safe_indicated().number()};
    case process::Claim::KIND_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<TimerSetting> read_timer(const process::TimerSetting& in) {
  const Between after{Duration{in.low()}, Duration{in.high()}};
  if (after.low < Duration{} || after.low > after.high || after.high > kLongestTimer) {
    return std::nullopt;
  }
  return TimerSetting{in.timer(), in.key(), in.cancel(), after};
}

std::optional<Outgoing> read_outgoing(const process::Outgoing& in, const Node& parser) {
  Outgoing outgoing;
  outgoing.early = in.early();
  outgoing.to = NodeId{in.to()};
  outgoing.client = ClientId{in.client()};
  switch (in.kind()) {
    case process::Outgoing::MESSAGE:
      outgoing.kind = Outgoing::Kind::Message;
      outgoing.payload = parser.parse(in.payload());
      break;
    case process::Outgoing::ASK:
      outgoing.kind = Outgoing::Kind::Ask;
      outgoing.payload = parse_envelope<Request>(in.payload());
      break;
    case process::Outgoing::REPLY:
      outgoing.kind = Outgoing::Kind::Reply;
      outgoing.payload = parse_envelope<Reply>(in.payload());
      break;
    default:
      return std::nullopt;
  }
  if (!outgoing.payload) return std::nullopt;
  return outgoing;
}

void read_write(process::Write& in, Effects& out) {
  Write& write = out.writes.emplace_back();
  write.key = std::move(*in.mutable_key());
  if (in.has_value()) write.value = Bytes(std::move(*in.mutable_value()));
}

/// Appends what `read` makes of each item; false at the first that is malformed.
template <class Items, class Values, class Read>
bool read_all(const Items& items, Values& values, Read read) {
  for (const auto& item : items) {
    auto value = read(item);
    if (!value) return false;
    values.push_back(std::move(*value));
  }
  return true;
}

}  // namespace

void write_effects(const World& world, process::Effects& effects) {
  for (const auto& write : world.effects.writes) {
    auto& out = *effects.add_writes();
    out.set_key(write.key);
    if (write.value) out.set_value(*write.value);
  }
  for (const auto& timer : world.effects.timers) {
    auto& out = *effects.add_timers();
    out.set_timer(timer.timer);
    out.set_key(timer.key);
    out.set_cancel(timer.cancel);
    out.set_low(timer.after.low.count());
    out.set_high(timer.after.high.count());
  }
  for (const auto& outgoing : world.effects.outgoing) {
    auto& out = *effects.add_outgoing();
    out.set_kind(static_cast<process::Outgoing::Kind>(outgoing.kind));
    out.set_early(outgoing.early);
    out.set_to(number(outgoing.to));
    out.set_client(number(outgoing.client));
    outgoing.payload.message().SerializeToString(out.mutable_payload());
  }
  for (const auto& claim : world.effects.claims) {
    auto& out = *effects.add_claims();
    out.set_group(std::visit([](const auto& kind) { return number(kind.group); }, claim));
    std::visit(ClaimWriter{out}, claim);
  }
  for (const auto& line : world.effects.log) effects.add_log(line);
  effects.set_clock_was_read(world.clock_was_read);
}

bool read_effects(process::Effects& effects, const Node& parser, World& world) {
  Effects& out = world.effects;
  const auto payload = [&](const process::Outgoing& in) { return read_outgoing(in, parser); };
  if (!read_all(effects.timers(), out.timers, read_timer) ||
      !read_all(effects.outgoing(), out.outgoing, payload) ||
      !read_all(effects.claims(), out.claims, read_claim)) {
    out.clear();
    return false;
  }
  for (auto& write : *effects.mutable_writes()) read_write(write, out);
  for (auto& line : *effects.mutable_log()) out.log.push_back(std::move(line));
  apply(world.image, out.writes);
  world.clock_was_read |= effects.clock_was_read();
  return true;
}

}  // namespace lockstep::transport
