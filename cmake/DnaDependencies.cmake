# The libraries we stand on: docs/design.md section 2 says why each. Which folder may
# include which of their headers is checked with the layers.
find_package(PkgConfig REQUIRED)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(ZIP REQUIRED IMPORTED_TARGET libzip)

# Optional: without oneDNN the reference operators do all work and pass all tests.
set(DNNL_FOUND FALSE)
if(DNADNA_ONEDNN)
    find_package(DNNL)
    if(NOT DNNL_FOUND)
        message(STATUS "oneDNN not found (Debian: libdnnl-dev): reference operators only")
    endif()
else()
    message(STATUS "oneDNN switched off: reference operators only")
endif()

# Tests need cmocka; the program does not.
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
set(has_cmocka OFF)
if(CMOCKA_FOUND)
    set(has_cmocka ON)
endif()
option(DNADNA_TESTS "Build the tests (needs cmocka)" ${has_cmocka})
if(DNADNA_TESTS AND NOT CMOCKA_FOUND)
    message(FATAL_ERROR "DNADNA_TESTS is on but cmocka is missing (Debian: libcmocka-dev)")
endif()
if(NOT DNADNA_TESTS)
    message(STATUS "Tests are not built")
endif()
