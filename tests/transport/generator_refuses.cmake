# Runs the generator on definitions that it must refuse, each with a message that names the field,
# and on one that it must take. Needs PROTOC, GENERATOR and WORK_DIR.
cmake_minimum_required(VERSION 3.25)

function(generate name body result_variable error_variable)
  set(folder ${WORK_DIR}/${name})
  file(MAKE_DIRECTORY ${folder})
  file(WRITE ${folder}/bad.proto "syntax = \"proto3\";\npackage bad;\n${body}\n")
  execute_process(COMMAND ${PROTOC} -I ${folder} --include_imports
                          --descriptor_set_out=${folder}/bad.descriptors ${folder}/bad.proto
                  COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${GENERATOR} ${folder}/bad.descriptors bad.proto ${folder}
                  RESULT_VARIABLE result ERROR_VARIABLE error)
  set(${result_variable} "${result}" PARENT_SCOPE)
  set(${error_variable} "${error}" PARENT_SCOPE)
endfunction()

function(expect_refusal name body pattern)
  generate(${name} "${body}" result error)
  if(NOT result EQUAL 2 OR NOT error MATCHES "${pattern}")
    message(SEND_ERROR "${name}: expected exit code 2 and '${pattern}', got ${result}: ${error}")
  endif()
endfunction()

generate(taken "message M { uint64 a = 1; } message Message { oneof body { M m = 1; } }" result error)
if(NOT result EQUAL 0)
  message(SEND_ERROR "a sound definition was refused: ${error}")
endif()

expect_refusal(map "message M { map<string, uint64> names = 1; }" "bad.proto: bad.M.names: a map")
expect_refusal(double "message M { uint64 a = 1; double speed = 2; }" "bad.M.speed: floating point")
expect_refusal(float "message M { repeated float loads = 1; }" "bad.M.loads: floating point")
expect_refusal(nested "message M { message N { float load = 1; } N n = 1; }"
               "bad.M.N.load: floating point")
expect_refusal(beside_body
               "message M {} message Message { oneof body { M m = 1; } uint64 term = 2; }"
               "bad.Message.term: Message holds one oneof .body. of messages")
expect_refusal(scalar_body "message M {} message Message { oneof body { M m = 1; uint64 n = 2; } }"
               "bad.Message.n: Message holds one oneof .body. of messages")
expect_refusal(no_body "message Message { uint64 term = 1; }" "bad.Message.term: Message holds")
expect_refusal(empty "message Message {}" "bad.Message: Message needs a oneof .body.")
expect_refusal(other_oneof "message M {} message Message { oneof kind { M m = 1; } }"
               "bad.Message.m: Message holds")
expect_refusal(numbered_from_two
               "message M {} message Message { oneof body { M m = 2; } uint64 term = 3; }"
               "bad.Message.term: Message holds one oneof")

execute_process(COMMAND ${GENERATOR} ${CMAKE_CURRENT_LIST_FILE} bad.proto ${WORK_DIR}
                RESULT_VARIABLE result ERROR_VARIABLE error)
if(NOT result EQUAL 2 OR NOT error MATCHES "not a descriptor set")
  message(SEND_ERROR "expected 'not a descriptor set', got ${result}: ${error}")
endif()
