// Views and epochs as one number that grows, and what every message says about them.
//
// A view belongs to an epoch; when an epoch begins, its views are counted from 0 again (§7).
#pragma once

#include <compare>
#include <cstdint>

namespace lockstep::consensus::viewstamped {

struct View {
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;

  friend auto operator<=>(const View&, const View&) = default;
};

/// The view after this one in the same epoch.
constexpr View next(View view) { return {view.epoch, view.number + 1}; }

/// Views of later epochs are later: view 7 of epoch 2 is 2000007 in claims and stories.
constexpr std::uint64_t term_of(View view) { return view.epoch * 1'000'000 + view.number; }

/// The view that a message, an entry or a record names, and the other way round.
template <class M>
View view_of(const M& message) {
  return {message.epoch(), message.view()};
}
template <class M>
void stamp(View view, M& message) {
  message.set_epoch(view.epoch);
  message.set_view(view.number);
}

}  // namespace lockstep::consensus::viewstamped
