// The inside of the injector: which faults wait, which are under way, and what they did.
//
// injector.cc       the life of a fault: timed or triggered, begun, ended, healed
// injector_begin.cc what each kind does when it begins and when it ends
// injector_nodes.cc nodes: crashes and their points, restarts, pauses, clocks, disks
// injector_operator.cc changes of the group, asked for by an operator
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "chaos/fault_plan.pb.h"
#include "chaos/injector.h"
#include "chaos/link_faults.h"
#include "chaos/trigger.h"
#include "transport/random.h"

namespace lockstep::chaos {

class Injector::Engine final : public transport::Event::Target {
 public:
  Engine(transport::Cluster& cluster, const FaultPlan& plan, std::uint64_t seed,
         std::uint32_t max_failed);

  void begin();
  void heal();
  void transmit(const transport::Transmission& transmission, transport::Fate& fate) {
    counts_[static_cast<std::size_t>(FaultKind::Loss)] += fate.lost;
    counts_[static_cast<std::size_t>(FaultKind::Duplicate)] += fate.duplicated;
    counts_[static_cast<std::size_t>(FaultKind::Reorder)] += fate.overtakes;
    if (watches_messages_) interfere(transmission, fate);
  }
  transport::CrashPoint write(transport::NodeId node, const transport::Effects& effects) {
    return watches_handlers_ ? interrupt(node, effects) : transport::CrashPoint{};
  }
  void see(const transport::Witness& witness);

  const FaultCounts& counts() const { return counts_; }
  const std::vector<InjectedFault>& injected() const { return injected_; }
  std::vector<std::string> waiting() const;

  std::function<void(transport::NodeId)> on_join;

 private:
  using Index = std::size_t;
  static constexpr Index kNone = static_cast<Index>(-1);
  static constexpr std::uint32_t kBothSides = static_cast<std::uint32_t>(-1);
  enum class Happening : std::uint32_t { Begin, End, Restart, Ask };

  struct Progress {
    const Fault* fault = nullptr;
    FaultKind kind{};
    BodyNames::Number name = 0;  ///< of the message that it waits for
    std::uint64_t matched = 0;
    bool begun = false;
    bool over = false;
    Cast cast;                     ///< of the moment that triggered it
    transport::NodeId node{};      ///< the node that it concerns
    Index account = kNone;         ///< in injected_
    std::vector<Index> followers;  ///< whose trigger counts from its beginning
    std::vector<Index> holders;    ///< who hold a message until it begins
    Index until = kNone;           ///< whose beginning ends it

    // Of a change that an operator wants.
    bool asks = false;            ///< there is no final answer yet
    bool redirected = false;      ///< the last attempt was answered with the node to ask
    std::uint32_t redirects = 0;  ///< followed so far
    std::size_t asked = 0;        ///< position in present_
    std::uint64_t attempts = 0;   ///< also the sequence of the last request
    std::uint64_t alarm = 0;      ///< number of the latest one; earlier ones are void
  };

  /// What a node is to do or undergo, each by the fault that is the reason.
  struct Patient {
    Index down = kNone;   ///< why it is down
    Index dying = kNone;  ///< why it will be, once its disk gets there
    Index paused = kNone;
    Index drifting = kNone;
    Index lying = kNone;  ///< why its fsyncs do nothing
    transport::Duration stepped{};
    std::uint64_t rots = 0;
    std::vector<Index> armed;  ///< crashes that wait for a handler
    bool failed = false;       ///< since its crash it has not claimed to lead or to follow
  };

  struct HeldMessage {
    Index fault;
    transport::NodeId from;
    transport::NodeId to;
    transport::Envelope payload;
    transport::Outgoing::Kind kind;
  };

  /// A broadcast of which one receiver gets its message.
  struct Narrowed {
    Index fault;
    transport::NodeId from;
    BodyNames::Number name;
    std::uint64_t event;
  };

  /// The message or the handler in the middle of which a fault begins.
  struct Moment {
    const transport::Transmission* transmission = nullptr;
    transport::Fate* fate = nullptr;
    transport::NodeId writer{};
    transport::CrashPoint* crash = nullptr;
  };

  // The life of a fault (injector.cc).
  void fire(transport::Event& event) override;
  void schedule(Happening happening, Index index, transport::Duration delay,
                transport::NodeId node = {});
  void link_names();
  void await(Index index);
  void triggered(Index index, const Cast& cast, const Moment& moment);
  void start(Index index, const Moment& moment);
  void tell_followers(Index index);
  void end(Index index);
  void apply_conditions();
  void watch();
  void interfere(const transport::Transmission& transmission, transport::Fate& fate);
  void narrow(const transport::Transmission& transmission, transport::Fate& fate);
  transport::CrashPoint interrupt(transport::NodeId node, const transport::Effects& effects);
  void bite(Index index);

  // The kinds (injector_begin.cc).
  void begin_kind(Index index, const Moment& moment);
  void begin_link_fault(Index index);
  void begin_on_message(Index index, const Moment& moment);
  void end_kind(Index index);
  LinkSet links_of(Index index) const;
  void split(LinkSet& links, const std::vector<std::uint32_t>& side) const;
  void release(Index index);

  // Nodes (injector_nodes.cc).
  void begin_on_node(Index index, const Moment& moment);
  void end_on_node(Index index);
  void crash(Index index, const Moment& moment);
  void crash_now(Index index, const Moment& moment);
  bool may_fail(Index index) const;
  transport::CrashPoint crash_point(Index index);
  bool is_due(Index index, const transport::Effects& effects) const;
  void crashed(transport::NodeId node);
  void restart(Index index, transport::NodeId node);
  void pause(Index index);
  void set_drift(Index index);
  void heal_nodes();

  // Operators (injector_operator.cc).
  static bool is_operator(transport::ClientId client);
  void petition(Index index);
  std::uint64_t operator_draw(Index index, transport::Purpose purpose);
  void ask_after(Index index, transport::Between wait);
  void ask(Index index, std::uint64_t alarm);
  void bring_in(const Fault& fault);
  void answered(transport::ClientId client, const transport::Reply& reply);

  Progress& of(Index index) { return progress_[index]; }
  /// Nodes may join while the storm is on. References stay valid.
  Patient& patient(transport::NodeId node) {
    if (number(node) >= patients_.size()) patients_.resize(number(node) + 1);
    return patients_[number(node)];
  }

  transport::Cluster& cluster_;
  const FaultPlan& plan_;
  std::uint64_t seed_;
  std::uint32_t max_failed_;
  transport::NetworkConditions default_network_;
  transport::Between default_sync_;

  std::vector<Progress> progress_;
  std::deque<Patient> patients_;            ///< by node number
  std::vector<transport::NodeId> present_;  ///< that have been started, or are about to be
  LinkFaults links_;
  BodyNames names_;
  Cast cast_;
  std::vector<Index> awaiting_message_;
  std::vector<Index> awaiting_write_;
  std::vector<Index> awaiting_leader_;
  std::vector<Narrowed> narrowed_;
  std::vector<HeldMessage> held_;
  std::vector<Index> bit_;  ///< kept for its memory
  std::size_t armed_crashes_ = 0;
  bool watches_messages_ = false;
  bool watches_handlers_ = false;
  bool healed_ = false;

  FaultCounts counts_{};
  std::vector<InjectedFault> injected_;
};

/// What a fault does, for the account of a run; nodes are named as they play their part now.
std::string story_of(const Fault& fault, const Cast& cast);

}  // namespace lockstep::chaos
