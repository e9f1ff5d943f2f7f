# Sanitizers and the fuzzer's coverage go into every file of ours, so they are set for the
# whole tree and not per target. Any finding ends the program: a test cannot pass over it.
if(DNADNA_SANITIZE)
    add_compile_options(-fsanitize=${DNADNA_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${DNADNA_SANITIZE})
endif()
if(DNADNA_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "DNADNA_FUZZ needs clang: cmake --preset fuzz")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
