# Copies FILES from SOURCE to ROOT and applies PATCH to the copies; nothing is left if it does not
# apply exactly, so that a mutant never quietly becomes the reference.
foreach(file IN LISTS FILES)
  cmake_path(GET file PARENT_PATH folder)
  file(COPY ${SOURCE}/${file} DESTINATION ${ROOT}/${folder} NO_SOURCE_PERMISSIONS)
  file(TOUCH ${ROOT}/${file})
endforeach()
execute_process(
  COMMAND ${PATCH_PROGRAM} -p1 --fuzz=0 --batch --no-backup-if-mismatch --directory=${ROOT}
          --input=${PATCH}
  RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(failed)
  list(TRANSFORM FILES PREPEND ${ROOT}/)
  file(REMOVE ${FILES})
  message(FATAL_ERROR "${PATCH} does not apply to the reference any more:\n${output}")
endif()
