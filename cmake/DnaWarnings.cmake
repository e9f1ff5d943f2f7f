# dna_warnings: the compiler flags of every file of ours, as one target to link to.
# gcc 12 and clang 14 both pass without a warning; DNADNA_WERROR makes one an error.
add_library(dna_warnings INTERFACE)
target_compile_definitions(dna_warnings INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(dna_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wcast-qual -Wcast-align -Wpointer-arith -Wwrite-strings
    -Wformat=2 -Wundef -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum
    -fno-common -ffp-contract=off)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(dna_warnings INTERFACE
        -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
endif()
if(DNADNA_WERROR)
    target_compile_options(dna_warnings INTERFACE -Werror)
endif()
