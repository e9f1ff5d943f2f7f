# What Debug and Release mean here. Included before project(), so that these defaults win
# over CMake's and a user's -DCMAKE_C_FLAGS_RELEASE=... wins over these.
# Release keeps the asserts: they guard against our own mistakes and cost nothing.
# Nowhere -ffast-math: missing data and divergence checks need NaN and infinity.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release")
endif()
set(CMAKE_C_FLAGS_DEBUG "-O1 -g3" CACHE STRING "Flags of a Debug build")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2"
    CACHE STRING "Flags of a Release build")
