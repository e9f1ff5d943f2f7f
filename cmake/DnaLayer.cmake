# dna_layer() makes one library of one folder of src/, dna_test() one program of one file
# of tests/unit/. A layer links only to what it may use (docs/design.md section 3), so a
# forbidden call also fails to link in that layer's own tests.

# dna_layer(<name> SOURCES a.c b.c ... LINKS dna_base ...): sources relative to src/<name>/.
function(dna_layer name)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;LINKS")
    add_library(dna_${name} STATIC ${ARG_SOURCES})
    target_include_directories(dna_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
        PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(dna_${name} PUBLIC ${ARG_LINKS} PRIVATE dna_warnings)
    set_property(GLOBAL APPEND PROPERTY DNA_LAYERS dna_${name})
endfunction()

# dna_test(<layer>/<name> LINKS lib ... LABELS l ... ARGS a ...): tests/unit/<layer>/<name>.c
# with cmocka. Runs in the build folder; DNADNA_SOURCE_DIR tells where the project is.
function(dna_test path)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "LINKS;LABELS;ARGS")
    string(REPLACE "/" "_" target ${path})
    add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/unit/${path}.c)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src
        ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE ${ARG_LINKS} dna_test_support dna_warnings)
    add_test(NAME ${path} COMMAND ${target} ${ARG_ARGS}
        WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    set_tests_properties(${path} PROPERTIES LABELS "unit;${ARG_LABELS}" TIMEOUT 600
        ENVIRONMENT "DNADNA_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()
