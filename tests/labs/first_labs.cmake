# The labs ping and exactly_once from the outside, as a student sees them.
foreach(lab IN ITEMS ping exactly_once)
  add_test(NAME ${lab}_lab COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/${lab}_lab_test
                                   $<TARGET_FILE:lockstep_program>
                                   ${CMAKE_CURRENT_BINARY_DIR}/${lab}_lab)
  set_tests_properties(${lab}_lab PROPERTIES LABELS labs TIMEOUT 900)
endforeach()

# Each known bug loses points in the test that its patch names.
if(LOCKSTEP_MUTANTS)
  add_test(NAME exactly_once_mutants
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/exactly_once_mutants $<TARGET_FILE:lockstep_program>
                   ${CMAKE_CURRENT_BINARY_DIR}/exactly_once_mutants)
  set_tests_properties(exactly_once_mutants PROPERTIES LABELS "labs;mutants" TIMEOUT 1800)
endif()
