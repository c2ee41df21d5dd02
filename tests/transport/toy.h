// A node that does what its messages tell it, so that a test arranges effects in one line.
//
// A script is a list of words:
//   put:KEY=VALUE  erase:KEY         storage
//   send:NODE:TEXT  early:NODE:TEXT  a Say without a script
//   tell:NODE:WORD                   a Say whose script is WORD, with ',' for ':'
//   timer:KEY:MILLISECONDS  cancel:KEY
//   reply:TEXT  reply_early:TEXT     to the request that is being handled
//   ask:NODE:WORD                    a Request with the script WORD, with ',' for ':'
//   claim:TERM  log:TEXT  clock      Leads, a log line, a look at the clock
//   exit:CODE  signal:NUMBER  garbage:BYTES  hang_up  throw   for child processes
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/transport/other.messages.h"
#include "tests/transport/toy.messages.h"
#include "transport/node.h"

namespace lockstep::tests {

using namespace std::chrono_literals;

class Toy {
 public:
  using Message = toy::Message;
  enum class Timer { Alarm };
  struct Options {
    std::string on_start = {};  ///< a script
  };
  using Ctx = transport::Context<Toy>;

  explicit Toy(Options options) : options_(std::move(options)) {}

  void on(Ctx& ctx, transport::Start start);
  void on(Ctx& ctx, const transport::Request& request);
  void on(Ctx& ctx, transport::NodeId from, const toy::Say& say);
  void on(Ctx& ctx, transport::NodeId from, const toy::Phase2a& message);
  void on(Ctx& ctx, transport::NodeId from, const transport::Reply& reply);
  void on(Ctx& ctx, Timer timer, std::uint64_t key);
  void describe(transport::Fields& fields) const;

  const std::vector<std::string>& heard() const { return heard_; }

 private:
  void hear(std::string what) { heard_.push_back(std::move(what)); }
  void run(Ctx& ctx, std::string_view script);
  void run_word(Ctx& ctx, const std::vector<std::string>& word);
  bool run_storage(Ctx& ctx, const std::vector<std::string>& word);
  bool run_sends(Ctx& ctx, const std::vector<std::string>& word);

  Options options_;
  std::vector<std::string> heard_;
  transport::ClientId client_{};
  std::uint64_t sequence_ = 0;
};

/// A node of another protocol: it notes pings and sends one to the node that a request names.
class Other {
 public:
  using Message = other::Message;
  enum class Timer { None };
  struct Options {};
  using Ctx = transport::Context<Other>;

  explicit Other(Options) {}

  void on(Ctx&, transport::Start) {}
  void on(Ctx& ctx, const transport::Request& request);
  void on(Ctx&, transport::NodeId, const other::Ping&) { ++pings_; }
  void on(Ctx&, Timer, std::uint64_t) {}
  void describe(transport::Fields& fields) const { fields("pings", pings_); }

 private:
  std::uint64_t pings_ = 0;
};

}  // namespace lockstep::tests
