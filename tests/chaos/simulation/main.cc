// The entry point of the tests of whole runs.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "tests/chaos/cases.h"

int main(int argument_count, char** arguments) {
  lockstep::tests::set_up_rapidcheck(100);
  return doctest::Context(argument_count, arguments).run();
}
