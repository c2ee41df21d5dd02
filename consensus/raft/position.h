// Term and Index: the two numbers of the Raft paper, as types that do not mix.
//
// A term counts elections and is Raft's logical clock (§5.1). An index is a place in the log, from
// 1 on (§5.3); index 0 and term 0 stand before everything.
#pragma once

#include <cstdint>

namespace lockstep::consensus::raft {

enum class Term : std::uint64_t {};
enum class Index : std::uint64_t {};

constexpr std::uint64_t number(Term term) { return static_cast<std::uint64_t>(term); }
constexpr std::uint64_t number(Index index) { return static_cast<std::uint64_t>(index); }

constexpr Term next(Term term) { return Term{number(term) + 1}; }
constexpr Index next(Index index) { return Index{number(index) + 1}; }

/// Requires: `index` is not 0.
constexpr Index previous(Index index) { return Index{number(index) - 1}; }

/// How many entries lie after `from`, up to and with `to`. Requires: from <= to.
constexpr std::uint64_t distance(Index from, Index to) { return number(to) - number(from); }

}  // namespace lockstep::consensus::raft
