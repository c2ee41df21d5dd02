#include "tests/consensus/viewstamped/bench.h"

#include <utility>

#include "statemachine/counter.h"
#include "statemachine/sessions.h"

namespace lockstep::consensus::tests {

namespace counter = statemachine::counter;

Viewstamped::Options options(bool disk) {
  Viewstamped::Options made;
  made.disk = disk;
  made.machine = statemachine::with_sessions(counter::make);
  return made;
}

Request increment(std::uint64_t client, std::uint64_t sequence) {
  Request request;
  request.set_client(client);
  request.set_sequence(sequence);
  request.set_command(counter::add(1));
  return request;
}

std::vector<viewstamped::Entry> entries(const std::vector<std::uint64_t>& views) {
  std::vector<viewstamped::Entry> made;
  for (const std::uint64_t view : views) {
    viewstamped::Entry entry;
    entry.set_view(view);
    entry.set_command(statemachine::encode_session_command(
        7, made.size() + 1, 0, increment(7, made.size() + 1).command()));
    made.push_back(entry);
  }
  return made;
}

viewstamped::Log log_of(std::uint64_t base, const std::vector<std::uint64_t>& views,
                        std::uint64_t commit) {
  viewstamped::Log log;
  log.set_base(base);
  log.set_commit(commit);
  for (const auto& entry : entries(views)) *log.add_entries() = entry;
  return log;
}

viewstamped::Prepare prepare(std::uint64_t view, std::uint64_t first,
                             const std::vector<std::uint64_t>& views, std::uint64_t commit) {
  viewstamped::Prepare message;
  message.set_view(view);
  message.set_first(first);
  message.set_commit(commit);
  for (const auto& entry : entries(views)) *message.add_entries() = entry;
  return message;
}

viewstamped::PrepareOk prepare_ok(std::uint64_t view, std::uint64_t op) {
  viewstamped::PrepareOk message;
  message.set_view(view);
  message.set_op(op);
  return message;
}

viewstamped::StartViewChange start_view_change(std::uint64_t view) {
  viewstamped::StartViewChange message;
  message.set_view(view);
  return message;
}

viewstamped::DoViewChange do_view_change(std::uint64_t view, std::uint64_t last_normal,
                                         viewstamped::Log log) {
  viewstamped::DoViewChange message;
  message.set_view(view);
  message.set_last_normal(last_normal);
  *message.mutable_log() = std::move(log);
  return message;
}

viewstamped::StartView start_view(std::uint64_t view, viewstamped::Log log) {
  viewstamped::StartView message;
  message.set_view(view);
  *message.mutable_log() = std::move(log);
  return message;
}

}  // namespace lockstep::consensus::tests
