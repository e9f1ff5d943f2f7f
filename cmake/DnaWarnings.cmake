# One interface target that carries the compiler flags of every file of ours.
add_library(dna_warnings INTERFACE)
target_compile_options(dna_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wcast-qual -Wcast-align -Wpointer-arith -Wwrite-strings
    -Wformat=2 -Wundef -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum
    -fno-common -ffp-contract=off)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(dna_warnings INTERFACE
        -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
endif()
target_compile_definitions(dna_warnings INTERFACE _POSIX_C_SOURCE=200809L)
if(DNADNA_WERROR)
    target_compile_options(dna_warnings INTERFACE -Werror)
endif()
if(DNADNA_SANITIZE)
    add_compile_options(-fsanitize=${DNADNA_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${DNADNA_SANITIZE})
endif()
