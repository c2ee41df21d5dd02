// B79: takes the compiler as long and as much memory as it is given.
template <unsigned long A, unsigned long B>
struct Grow {
  static constexpr unsigned long value = Grow<A - 1, B * 2>::value + Grow<A - 1, B * 2 + 1>::value;
};
template <unsigned long B>
struct Grow<0, B> {
  static constexpr unsigned long value = B;
};
unsigned long honest() { return Grow<40, 1>::value; }
