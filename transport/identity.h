// Who is who: nodes, clients and groups, as types that do not mix.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace lockstep::transport {

/// A node, numbered from 1 as the papers do. The number of a node that left is never given again.
enum class NodeId : std::uint32_t {};

/// Whoever issues requests. Nodes that ask other nodes are clients too, see client_of().
enum class ClientId : std::uint64_t {};

/// One of several replicated groups that share a node; a plain protocol has group 0.
enum class GroupId : std::uint32_t {};

constexpr std::uint32_t number(NodeId node) { return static_cast<std::uint32_t>(node); }
constexpr std::uint64_t number(ClientId client) { return static_cast<std::uint64_t>(client); }
constexpr std::uint32_t number(GroupId group) { return static_cast<std::uint32_t>(group); }

inline constexpr std::uint64_t kNodeClientBit = 1ull << 63;

/// The client identity under which a node asks other nodes.
constexpr ClientId client_of(NodeId node) { return ClientId{kNodeClientBit | number(node)}; }
constexpr bool is_node(ClientId client) { return (number(client) & kNodeClientBit) != 0; }

/// Requires: is_node(client).
constexpr NodeId node_of(ClientId client) {
  return NodeId{static_cast<std::uint32_t>(number(client))};
}

inline std::string to_string(NodeId node) { return "n" + std::to_string(number(node)); }
inline std::string to_string(ClientId client) {
  return is_node(client) ? to_string(node_of(client)) : "c" + std::to_string(number(client));
}

}  // namespace lockstep::transport
