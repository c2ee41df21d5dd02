// Virtual synchrony: processes in views, and multicast within them, so that those who go from one
// view to the next together have delivered the same messages in the first (Birman and Joseph,
// "Exploiting Virtual Synchrony in Distributed Systems", SOSP 1987; the properties by the names of
// Chockler, Keidar and Vitenberg, "Group Communication Specifications: A Comprehensive Study", ACM
// Computing Surveys 33(4), 2001, "CKV" below).
//
// Reading order: view.h (views, ballots, streams), multicast.cc (how a message travels and when it
// is delivered: FIFO, causal, total), sequencer.cc and token.cc (two ways to a total order),
// stability.cc (what all members have; safe delivery; repair of losses), suspicion.cc (who is
// alive, and whether the view must change), flush.cc (the coordinator's side of a view change),
// install.cc (everybody's side), transfer.cc (state for those who join), virtual_synchrony.cc
// (boot, clients, timers). Messages are in virtual_synchrony.proto.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consensus/asker.h"
#include "consensus/failure_detector.h"
#include "consensus/quorum.h"
#include "consensus/virtual_synchrony/reached.h"
#include "consensus/virtual_synchrony/view.h"
#include "consensus/virtual_synchrony/virtual_synchrony.messages.h"
#include "consensus/vocabulary.h"

namespace lockstep::consensus {

class VirtualSynchrony {
 public:
  using Message = group::Message;
  using Ctx = Context<VirtualSynchrony>;
  enum class Timer : std::uint32_t { Tick, TokenHold };
  enum class Order : std::uint8_t { Fifo, Causal, Sequencer, Token };

  struct Options {
    Order order = Order::Sequencer;
    /// A message is delivered once every member of the view is known to hold it.
    bool safe = true;
    /// Only a majority of all nodes may form a view; otherwise each component forms its own.
    bool primary_partition = true;
    /// How often a member says that it is there, and how many silent ticks make it suspected.
    Between tick{15ms, 15ms};
    std::uint32_t patience = 8;
    /// Most messages of one member that are not yet delivered to itself. Requires: at least 1.
    std::uint32_t window = 32;
    /// How long a token rests with a member if nobody has anything to say.
    Between token_hold{4ms, 6ms};
    /// The application, with client sessions around it (statemachine/sessions.h).
    MachineFactory machine;
  };

  explicit VirtualSynchrony(Options options);

  void on(Ctx& ctx, Start start);
  void on(Ctx& ctx, const Request& request);
  void on(Ctx& ctx, NodeId from, const group::Cast& cast);
  void on(Ctx& ctx, NodeId from, const group::Submit& submit);
  void on(Ctx& ctx, NodeId from, const group::CastAck& ack);
  void on(Ctx& ctx, NodeId from, const group::Stable& stable);
  void on(Ctx& ctx, NodeId from, const group::Token& token);
  void on(Ctx& ctx, NodeId from, const group::Alive& alive);
  void on(Ctx& ctx, NodeId from, const group::Flush& flush);
  void on(Ctx& ctx, NodeId from, const group::FlushReply& reply);
  void on(Ctx& ctx, NodeId from, const group::NewView& new_view);
  void on(Ctx& ctx, NodeId from, const group::NewViewAck& ack);
  void on(Ctx& ctx, NodeId from, const group::Install& install);
  void on(Ctx& ctx, NodeId from, const group::Snapshot& snapshot);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);

  void describe(Fields& fields) const;

 private:
  using Ballot = group::Ballot;

  enum class Phase : std::uint8_t {
    Joining,   ///< in no view
    Normal,    ///< in a view, and multicasting
    Flushing,  ///< it promised to say nothing more in its view
  };

  // Boot, clients and timers; virtual_synchrony.cc.
  void read_locally(Ctx& ctx, const Request& request);
  void tick(Ctx& ctx);
  void drain(Ctx& ctx);
  static void reached(Ctx& ctx, GroupReach kind);
  bool is_total() const { return options_.order >= Order::Sequencer; }
  /// Every replica's application goes through the same states.
  bool replicates() const { return is_total() && options_.safe && options_.primary_partition; }

  // How a message travels; multicast.cc.
  void multicast(Ctx& ctx, std::string command);
  group::Cast next_own(Ctx& ctx, std::string command);
  void send_to_members(Ctx& ctx, const group::Cast& cast);
  void receive(Ctx& ctx, const group::Cast& cast);
  void deliver_ready(Ctx& ctx, bool leaving);
  bool deliver_next(Ctx& ctx, std::size_t stream, bool leaving);
  bool knows_past_of(const group::Cast& cast) const;
  void deliver(Ctx& ctx, const group::Cast& cast, bool is_stable);
  void answer_client(Ctx& ctx, std::string_view command, std::string_view result);

  // Total order; sequencer.cc and token.cc.
  bool is_sequencer(NodeId self) const;
  void submit(Ctx& ctx, std::string command);
  void submit_again(Ctx& ctx);
  void order(Ctx& ctx, NodeId sender, std::uint64_t number, const std::string& command);
  void use_token(Ctx& ctx);
  void pass_token(Ctx& ctx);
  void pass_token_again(Ctx& ctx);

  // What all members have; stability.cc.
  void acknowledge(Ctx& ctx, const group::Cast& cast);
  std::optional<NodeId> owner_of(std::size_t stream) const;
  void note_received(Ctx& ctx, std::size_t place, std::size_t stream, std::uint64_t position);
  void update_stable(Ctx& ctx, std::size_t stream);
  void advance_stable(Ctx& ctx, std::size_t stream, std::uint64_t position);
  void repair(Ctx& ctx, NodeId member, std::size_t place, const group::Alive& alive);
  bool is_repairer(NodeId self, const group::Cast& cast) const;

  // Who is alive; suspicion.cc.
  struct Peer {
    Ballot view = 0;
    std::uint64_t members = 0;
    std::uint64_t incarnation = 0;
    bool has_state = false;
    bool is_flushing = false;
    bool is_known = false;
    std::uint32_t astray = 0;            ///< ticks for which it has not been where this view has it
    std::vector<std::uint64_t> missing;  ///< by stream: where this node was at its last tick
  };
  void say_alive(Ctx& ctx);
  void look_around(Ctx& ctx);
  bool is_in_place(NodeId node, const Peer& peer) const;
  bool change_is_due() const;
  bool is_candidate(Ctx& ctx) const;
  bool is_left_out(Ctx& ctx, const group::Alive& alive) const;
  void help_stragglers(Ctx& ctx);

  // A coordinator's side of a view change; flush.cc.
  /// A coordinator's attempt at the next view.
  struct Attempt {
    Ballot ballot = 0;
    std::map<NodeId, group::FlushReply> replies;
    std::optional<group::Proposal> proposal;
    Votes acks;
    std::uint32_t ticks = 0;
  };
  void begin_attempt(Ctx& ctx);
  void continue_attempt(Ctx& ctx);
  bool has_heard_enough(Ctx& ctx) const;
  bool is_majority(Ctx& ctx, std::size_t nodes) const;
  std::size_t remembering(const Nodes& nodes) const;
  void propose(Ctx& ctx);
  std::pair<Ballot, Ballot> latest_accepted() const;
  const group::Proposal* unfinished() const;
  std::optional<group::Proposal> next_view() const;
  void add_survivors(group::Proposal& proposal, Ballot view) const;
  void close_streams(group::Ending& ending) const;
  void conclude(Ctx& ctx);

  // Everybody's side; install.cc.
  void join_flush(Ctx& ctx, Ballot ballot);
  bool may_accept(NodeId self, const group::Proposal& proposal) const;
  void install(Ctx& ctx);
  void finish_old_view(Ctx& ctx, const group::Ending& ending);
  void enter(Ctx& ctx, group::View view, std::uint64_t transitional);
  void leave_group(Ctx& ctx);
  void reset_streams();

  // State for those who join; transfer.cc.
  void keep_start_state();
  void send_state(Ctx& ctx, NodeId to);
  void forget_start_state();
  void claim_role(Ctx& ctx);

  Options options_;
  FailureDetector detector_;
  std::map<NodeId, Peer> peers_;

  // On disk too.
  std::uint64_t counter_ = 0;

  // Who this process is, and its view.
  Phase phase_ = Phase::Joining;
  std::uint64_t incarnation_ = 0;
  group::View view_;
  AnyMachine machine_;
  std::uint64_t applied_ = 0;
  bool has_state_ = false;
  /// The application's state at the beginning of the view, while a member lacks it.
  std::optional<group::Snapshot> start_state_;

  // Messages of this view.
  std::vector<group::Stream> streams_;
  std::vector<std::vector<std::uint64_t>> received_;  ///< by place and stream, as far as is known
  std::uint64_t number_ = 0;                          ///< of the last message of its own
  std::uint64_t own_delivered_ = 0;
  std::uint64_t number_at_tick_ = 0;
  std::deque<std::string> waiting_;  ///< commands that were not multicast yet
  std::vector<group::Cast> early_;   ///< of views that others have already installed

  // Total order.
  std::map<std::uint64_t, std::string> pending_;  ///< its own, by number: not in order yet

  // Total order by a sequencer.
  std::vector<std::uint64_t> ordered_;  ///< by place: numbers that have their position
  std::vector<std::map<std::uint64_t, std::string>> submitted_;  ///< by place; they wait for others

  // Total order by a token.
  std::optional<group::Token> token_;   ///< in its hands
  std::optional<group::Token> passed_;  ///< that it passed on, until it hears of it again
  std::uint64_t token_hop_ = 0;
  std::uint32_t passed_ticks_ = 0;

  // View changes: this is consensus on the next view (Lamport's Paxos), one after the other.
  Ballot promised_ = 0;
  struct Accepted {
    Ballot ballot = 0;
    group::Proposal proposal;
    bool installed = true;
  };
  Accepted accepted_;
  /// False from a restart until it is in a view: it cannot say what it promised before.
  bool remembers_ = false;
  Ballot highest_ = 0;  ///< that anybody was heard of
  std::uint32_t flushing_ticks_ = 0;
  std::optional<Attempt> attempt_;
};

}  // namespace lockstep::consensus
