# lockstep_messages(TARGET FILES a.proto ... [ROOT dir])
#
# Adds Protobuf messages to a library: protoc's C++ (<name>.pb.h) and ours (<name>.messages.h), which
# has visit, wrap, body_name and fold for them. Paths are relative to ROOT (default: the project's
# root), which is also where one .proto finds another and how C++ includes the results.
function(lockstep_messages target)
  cmake_parse_arguments(arg "" "ROOT" "FILES" ${ARGN})
  if(NOT arg_ROOT)
    set(arg_ROOT ${PROJECT_SOURCE_DIR})
  endif()
  if(NOT TARGET lockstep::generate)
    set(generator lockstep_generate)
  else()
    set(generator lockstep::generate)
  endif()
  set(imports -I ${arg_ROOT})
  if(LOCKSTEP_PROTO_DIR AND NOT LOCKSTEP_PROTO_DIR STREQUAL arg_ROOT)
    list(APPEND imports -I ${LOCKSTEP_PROTO_DIR})
  endif()
  foreach(file IN LISTS arg_FILES)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE source)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${arg_ROOT} OUTPUT_VARIABLE relative)
    cmake_path(REMOVE_EXTENSION relative LAST_ONLY OUTPUT_VARIABLE stem)
    set(out ${PROJECT_BINARY_DIR}/${stem})
    cmake_path(GET out PARENT_PATH folder)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(
      OUTPUT ${out}.pb.h ${out}.pb.cc ${out}.messages.h ${out}.messages.cc
      COMMAND protobuf::protoc ${imports} --cpp_out=${PROJECT_BINARY_DIR} --include_imports
              --descriptor_set_out=${out}.descriptors ${source}
      COMMAND ${generator} ${out}.descriptors ${relative} ${PROJECT_BINARY_DIR}
      DEPENDS ${source} ${generator}
      COMMENT "Messages of ${relative}"
      VERBATIM)
    # protoc's code is not ours to keep free of warnings.
    set_source_files_properties(${out}.pb.cc PROPERTIES COMPILE_OPTIONS -w)
    target_sources(${target} PRIVATE ${out}.pb.cc ${out}.messages.cc)
    get_target_property(type ${target} TYPE)
    set(is_ours FALSE)
    if(arg_ROOT STREQUAL PROJECT_SOURCE_DIR AND PROJECT_NAME STREQUAL lockstep)
      set(is_ours TRUE)
    endif()
    if(is_ours AND NOT type STREQUAL EXECUTABLE)
      cmake_path(GET relative PARENT_PATH relative_folder)
      install(FILES ${source} ${out}.pb.h ${out}.messages.h
              DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${relative_folder})
    endif()
  endforeach()
  target_include_directories(${target} SYSTEM PUBLIC $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}>)
endfunction()
