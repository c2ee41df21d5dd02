#include "consensus/viewstamped/contents.h"

#include <utility>

#include "consensus/viewstamped/viewstamped.pb.h"

namespace lockstep::consensus::viewstamped {

void write(const LogEntry& entry, Entry& message) {
  stamp(entry.view, message);
  if (entry.is_reconfiguration) {
    message.mutable_members()->ParseFromString(entry.content);
  } else {
    message.set_command(entry.content);
  }
}

LogEntry entry_in(const Entry& message) {
  if (message.has_members()) {
    return {view_of(message), true, message.members().SerializeAsString()};
  }
  return {view_of(message), false, transport::Bytes(std::string_view(message.command()))};
}

void write(const Nodes& members, Members& message) {
  for (const transport::NodeId node : members) message.add_node(transport::number(node));
}

Nodes nodes_in(const Members& message) {
  Nodes nodes;
  for (const std::uint32_t node : message.node()) {
    nodes = with(std::move(nodes), transport::NodeId{node});
  }
  return nodes;
}

Nodes members_in(const LogEntry& entry) {
  Members members;
  members.ParseFromString(entry.content);
  return nodes_in(members);
}

std::uint64_t last_of(const Log& log) {
  return log.base() + static_cast<std::uint64_t>(log.entries_size());
}

void cut_off_after(std::uint64_t op, Log& log) {
  while (last_of(log) > op) log.mutable_entries()->RemoveLast();
  log.set_commit(op);
}

const Entry& entry_at(const Log& log, std::uint64_t op) {
  return log.entries(static_cast<int>(op - log.base() - 1));
}

}  // namespace lockstep::consensus::viewstamped
