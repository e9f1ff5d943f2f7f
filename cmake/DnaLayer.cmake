# A layer is one object library under src/<layer>/; the table of who may use whom is
# docs/design.md section 3 and is checked by tools/check_layers.py-free shell test.

# dna_layer(<name> SOURCES a.c b.c ... LINKS lib ...): sources relative to src/<name>/.
function(dna_layer name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_library(dna_${name} STATIC ${ARG_SOURCES})
    target_include_directories(dna_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
        PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(dna_${name} PUBLIC ${ARG_LINKS} PRIVATE dna_warnings)
    set_property(GLOBAL APPEND PROPERTY DNA_LAYERS dna_${name})
endfunction()

# dna_test(<layer>/<name> LINKS lib ... LABELS l ... ARGS a ...): tests/unit/<layer>/<name>.c with cmocka.
function(dna_test path)
    cmake_parse_arguments(ARG "" "" "LINKS;LABELS;ARGS" ${ARGN})
    string(REPLACE "/" "_" target ${path})
    add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/unit/${path}.c)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src
        ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE ${ARG_LINKS} dna_test_support dna_warnings)
    add_test(NAME ${path} COMMAND ${target} ${ARG_ARGS}
        WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    set_tests_properties(${path} PROPERTIES LABELS "unit;${ARG_LABELS}"
        ENVIRONMENT "DNADNA_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()
