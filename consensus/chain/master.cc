#include "consensus/chain/master.h"

#include <algorithm>

#include "consensus/chain/chain.messages.h"
#include "statemachine/fold.h"

namespace lockstep::consensus::chain {
namespace {

bool parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

class Master {
 public:
  std::string apply(std::string_view bytes) {
    MasterCommand command;
    if (parse(bytes, command) && command.epoch() == state_.epoch) execute(command);
    return snapshot();
  }

  std::optional<std::string> read(std::string_view bytes) const {
    MasterCommand command;
    if (!parse(bytes, command) || !command.has_look()) return std::nullopt;
    return snapshot();
  }

  std::string snapshot() const { return record_of(state_).SerializeAsString(); }

  bool restore(std::string_view bytes) {
    const auto restored = parse_configuration(bytes);
    if (!restored || record_of(*restored).SerializeAsString() != bytes) return false;
    state_ = *restored;
    return true;
  }

  std::uint64_t digest() const { return statemachine::digest_of(snapshot()); }

 private:
  void execute(const MasterCommand& command) {
    const NodeId node{command.node()};
    const NodeId by{command.by()};
    const bool is_trusted = state_.is_member(by) && !state_.is_suspected(by);
    switch (command.what_case()) {
      case MasterCommand::kFound:
        return found(command.found());
      case MasterCommand::kSuspect:
        if (is_trusted && by != node) suspect(node);
        return;
      case MasterCommand::kRemove:
        if (is_trusted && state_.is_suspected(node)) remove(node);
        return;
      case MasterCommand::kJoin:
        if (state_.joining || state_.is_member(node)) return;
        state_.joining = Configuration::Place{node, ++state_.epoch};
        return;
      case MasterCommand::kExtend:
        if (is_trusted && by == state_.tail() && state_.is_joining(node)) extend();
        return;
      default:
        return;
    }
  }

  void found(const Founders& founders) {
    if (state_.epoch != 0 || founders.node().empty()) return;
    state_.epoch = 1;
    for (const std::uint32_t node : founders.node()) state_.chain.push_back({NodeId{node}, 1});
  }

  /// Whoever reports it is a member that stays, so the chain never loses its last one.
  void suspect(NodeId node) {
    if (state_.since(node)) state_.suspected = with(std::move(state_.suspected), node);
  }

  void remove(NodeId node) {
    if (state_.is_joining(node)) state_.joining.reset();
    std::erase_if(state_.chain, [&](const auto& place) { return place.node == node; });
    state_.suspected = without(std::move(state_.suspected), node);
    ++state_.epoch;
  }

  /// Who is suspected stays so in its new place, and is removed from there.
  void extend() {
    state_.chain.push_back(*state_.joining);
    state_.joining.reset();
    ++state_.epoch;
  }

  Configuration state_;
};

}  // namespace

statemachine::AnyMachine make_master() { return Master(); }

std::string encode_wish(Wish wish, std::uint64_t epoch, NodeId by, NodeId node,
                        const Nodes& founders) {
  MasterCommand command;
  command.set_epoch(epoch);
  command.set_by(number(by));
  command.set_node(number(node));
  switch (wish) {
    case Wish::Look:
      command.mutable_look();
      break;
    case Wish::Found:
      for (const NodeId founder : founders) command.mutable_found()->add_node(number(founder));
      break;
    case Wish::Suspect:
      command.mutable_suspect();
      break;
    case Wish::Remove:
      command.mutable_remove();
      break;
    case Wish::Join:
      command.mutable_join();
      break;
    case Wish::Extend:
      command.mutable_extend();
      break;
  }
  return command.SerializeAsString();
}

std::optional<Configuration> parse_configuration(std::string_view bytes) {
  ConfigurationRecord record;
  if (!parse(bytes, record)) return std::nullopt;
  return configuration_in(record);
}

}  // namespace lockstep::consensus::chain
