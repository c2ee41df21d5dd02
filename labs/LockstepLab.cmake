# lockstep_lab(NAME [REPLACES LAB] SOURCES .. HEADERS .. MESSAGES .. LINKS ..)
#
# The tests of one lab, which has a header lab.h with a function Lab NAME_lab(). A lab that stands
# outside our tree may take the place of one of ours; then that one is not among the labs.
function(lockstep_lab name)
  cmake_parse_arguments(arg "" "REPLACES" "SOURCES;HEADERS;MESSAGES;LINKS" ${ARGN})
  lockstep_library(lab_${name} SOURCES ${arg_SOURCES} HEADERS ${arg_HEADERS}
                   LINKS lockstep_exercise ${arg_LINKS})
  set_property(GLOBAL APPEND PROPERTY LOCKSTEP_LAB_TARGETS lockstep_lab_${name} ${arg_LINKS})
  if(arg_MESSAGES)
    set(root "")
    if(LOCKSTEP_TREE)
      set(root ROOT ${LOCKSTEP_TREE})
    endif()
    lockstep_messages(lockstep_lab_${name} FILES ${arg_MESSAGES} ${root})
  endif()
endfunction()

# lockstep_all_labs(TEMPLATE FILE NAMES ..): writes the source that lists these labs.
function(lockstep_all_labs template file)
  set(LAB_INCLUDES "")
  set(LAB_CALLS "")
  foreach(lab IN LISTS ARGN)
    string(APPEND LAB_INCLUDES "#include \"labs/${lab}/lab.h\"\n")
    string(APPEND LAB_CALLS "${lab}_lab(), ")
  endforeach()
  configure_file(${template} ${file} @ONLY)
endfunction()
