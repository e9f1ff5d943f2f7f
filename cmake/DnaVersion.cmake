# The version stands in one place, the umbrella header; the build reads it from there.
set(umbrella ${CMAKE_CURRENT_LIST_DIR}/../include/dnadna/dnadna.h)
file(STRINGS ${umbrella} version_line REGEX "^#define DNA_VERSION ")
if(NOT version_line MATCHES "\"([0-9]+\\.[0-9]+\\.[0-9]+)\"")
    message(FATAL_ERROR "${umbrella}: no line #define DNA_VERSION \"x.y.z\"")
endif()
set(DNADNA_VERSION ${CMAKE_MATCH_1})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${umbrella})
