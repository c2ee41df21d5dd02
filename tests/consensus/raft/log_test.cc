// The log and its terms in runs.
#include "consensus/raft/log.h"

#include <doctest/doctest.h>

#include "transport/random.h"

namespace lockstep::consensus::raft {
namespace {

TEST_CASE("runs of terms answer like a plain list, through any changes") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    Terms terms;
    std::vector<Term> plain{Term{0}};  // plain[i] is the term of index i.
    std::uint64_t base = 0;
    for (std::uint64_t step = 0; step < 200; ++step) {
      const std::uint64_t roll = transport::draw(seed, "step", 0, step);
      const std::uint64_t last = plain.size() - 1;
      if (last == base || roll % 4 < 2) {
        const Term term{number(terms.last_term()) + (roll >> 8) % 3 / 2};
        terms.append(term);
        plain.push_back(term);
      } else if (roll % 4 == 2) {
        const std::uint64_t cut = base + 1 + (roll >> 8) % (last - base);
        if ((roll >> 32) % 3 != 0) continue;
        terms.truncate(Index{cut});
        plain.resize(cut);
      } else {
        if ((roll >> 32) % 3 != 0) continue;
        base += (roll >> 8) % (last - base + 1);
        terms.compact(Index{base});
      }
      REQUIRE(number(terms.base()) == base);
      REQUIRE(number(terms.last()) == plain.size() - 1);
      REQUIRE(terms.base_term() == plain[base]);
      REQUIRE(terms.last_term() == plain.back());
      for (std::uint64_t index = base; index < plain.size(); ++index) {
        REQUIRE(terms.at(Index{index}) == plain[index]);
        if (index == base) continue;
        std::uint64_t first = index;
        while (first > base + 1 && plain[first - 1] == plain[index]) --first;
        REQUIRE(terms.first_of_run(Index{index}) == Index{first});
        std::uint64_t end = index;
        while (end + 1 < plain.size() && plain[end + 1] == plain[index]) ++end;
        REQUIRE(terms.last_of(plain[index]) == Index{end});
      }
      REQUIRE_FALSE(terms.at(Index{plain.size()}));
      if (base > 0) REQUIRE_FALSE(terms.at(Index{base - 1}));
      REQUIRE_FALSE(terms.last_of(next(plain.back())));
    }
  }
}

TEST_CASE("a log keeps its entries where a snapshot begins") {
  Log log;
  const auto command = [](const char* content) {
    return LogEntry{LogEntry::Kind::Command, content};
  };
  for (const char* content : {"a", "b", "c"}) log.append(Term{1}, command(content));
  log.compact(Index{1});
  CHECK(log.at(Index{2}).content == "b");
  log.truncate(Index{3});
  log.append(Term{2}, command("d"));
  CHECK(log.at(Index{3}).content == "d");
  CHECK(log.matches(Index{3}, Term{2}));
  CHECK_FALSE(log.matches(Index{3}, Term{1}));
  CHECK_FALSE(log.matches(Index{4}, Term{2}));
  log.reset(Index{9}, Term{2});
  log.append(Term{3}, command("e"));
  CHECK(log.at(Index{10}).content == "e");
}

}  // namespace
}  // namespace lockstep::consensus::raft
