// The entry point of the tests of fault plans and of the injector.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

int main(int argument_count, char** arguments) {
  // The same cases each time; a longer search with others is a matter of the environment.
  setenv("RC_PARAMS", "seed=20", 0);
  return doctest::Context(argument_count, arguments).run();
}
