// The name of a lab in the files of a copy.
#include "labs/outside/renaming.h"

#include <doctest/doctest.h>

namespace lockstep::tests {
namespace {

TEST_CASE("a copy of a lab has its own name where the name is one, and nowhere else") {
  const auto renamed = [](const char* text) { return labs::renamed(text, "once", "twice"); };
  CHECK(renamed("#include \"labs/once/lab.h\"") == "#include \"labs/twice/lab.h\"");
  CHECK(renamed("Lab once_lab() {") == "Lab twice_lab() {");
  CHECK(renamed("\"lab\": \"once\"") == "\"lab\": \"twice\"");
  CHECK(renamed("lockstep_lab(once\n") == "lockstep_lab(twice REPLACES once\n");
  CHECK(renamed("    lockstep lab test once DIR") == "    lockstep lab test twice DIR");
  CHECK(renamed("system.once = true;  // at once") == "system.once = true;  // at once");
  CHECK(renamed("lab::once::Message") == "lab::once::Message");
}

TEST_CASE("the sample's name is replaced in every longer name too, but not in other words") {
  const auto renamed = [](const char* text) {
    return labs::renamed_everywhere(text, "sample", "doors");
  };
  CHECK(renamed("add_sample_tests(sample, sample.h)") == "add_doors_tests(doors, doors.h)");
  CHECK(renamed("lab_sample::Message") == "lab_doors::Message");
  CHECK(renamed("Sample: many") == "Doors: many");
  CHECK(renamed("samples resampled") == "samples resampled");
}

TEST_CASE("a lab's name can be a part of file names, C++ names and commands") {
  for (const char* good : {"raft", "two_phase", "raft_2027", "x"}) {
    CHECK_MESSAGE(labs::lab_name_problem(good).empty(), good);
  }
  for (const char* bad : {"", "Raft", "2pc", "two-phase", "two__phase", "two_", "_two", "../x",
                          "a b", "a_name_that_is_too_long_for_a_table"}) {
    CHECK_MESSAGE(!labs::lab_name_problem(bad).empty(), bad);
  }
}

}  // namespace
}  // namespace lockstep::tests
