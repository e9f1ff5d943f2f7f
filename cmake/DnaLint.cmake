# Targets for the tools that read the sources: format, format-check, tidy, cppcheck.
# A target exists only where its tool does; nothing else depends on them.
file(GLOB_RECURSE lint_c CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.c)
file(GLOB_RECURSE lint_all CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/src/*.[ch] ${PROJECT_SOURCE_DIR}/src/*.inc
    ${PROJECT_SOURCE_DIR}/include/*.h
    ${PROJECT_SOURCE_DIR}/tests/*.[ch] ${PROJECT_SOURCE_DIR}/fuzz/*.[ch]
    ${PROJECT_SOURCE_DIR}/examples/*.[ch] ${PROJECT_SOURCE_DIR}/bench/*.[ch])

find_program(CLANG_FORMAT NAMES clang-format-14)
if(CLANG_FORMAT)
    add_custom_target(format COMMAND ${CLANG_FORMAT} -i ${lint_all} VERBATIM)
    add_custom_target(format-check
        COMMAND ${CLANG_FORMAT} --dry-run --Werror ${lint_all} VERBATIM)
endif()

find_program(RUN_CLANG_TIDY NAMES run-clang-tidy run-clang-tidy-14)
if(RUN_CLANG_TIDY)
    add_custom_target(tidy COMMAND ${RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR}
        "^${PROJECT_SOURCE_DIR}/src/.*" USES_TERMINAL VERBATIM)
endif()

find_program(CPPCHECK NAMES cppcheck)
if(CPPCHECK)
    add_custom_target(cppcheck
        COMMAND ${CPPCHECK} --std=c11 --enable=warning,performance,portability --quiet
            --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem
            -I ${PROJECT_SOURCE_DIR}/include -I ${PROJECT_SOURCE_DIR}/src ${lint_c}
        USES_TERMINAL VERBATIM)
endif()
