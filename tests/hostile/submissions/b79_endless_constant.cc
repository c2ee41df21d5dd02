// B79: a constant that is never done.
constexpr unsigned long spin() {
  unsigned long sum = 0;
  for (unsigned long i = 0; i < ~0ul; ++i) sum += i;
  return sum;
}
static_assert(spin() != 1);
