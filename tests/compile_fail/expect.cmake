# Compiles SOURCE with COMPILER, without output. An empty PATTERN means that it must compile;
# otherwise it must not, and the compiler's message must match PATTERN. INCLUDES is a list.
cmake_minimum_required(VERSION 3.25)

set(flags -std=c++20 -fsyntax-only)
foreach(folder IN LISTS INCLUDES)
  list(APPEND flags -I ${folder})
endforeach()
execute_process(COMMAND ${COMPILER} ${flags} ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE error)

if(PATTERN STREQUAL "")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${SOURCE} must compile:\n${error}")
  endif()
elseif(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, and must not")
elseif(NOT error MATCHES "${PATTERN}")
  message(FATAL_ERROR "the compiler's message does not match '${PATTERN}':\n${error}")
endif()
