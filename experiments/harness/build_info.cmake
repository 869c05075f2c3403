# Asks git and writes build_info.h. Run at every build: cmake -D...=... -P build_info.cmake.
# configure_file leaves an equal file alone, so an unchanged commit rebuilds nothing.
execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY ${SOURCE_DIR}
                OUTPUT_VARIABLE ETUDE_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE
                ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(ETUDE_COMMIT unknown)  # an unpacked archive, without its history
endif()
execute_process(COMMAND git status --porcelain WORKING_DIRECTORY ${SOURCE_DIR}
                OUTPUT_VARIABLE changes ERROR_QUIET)
if(changes STREQUAL "")
  set(ETUDE_DIRTY false)
else()
  set(ETUDE_DIRTY true)
endif()
configure_file(${SOURCE_DIR}/experiments/harness/build_info.h.in ${OUTPUT} @ONLY)
