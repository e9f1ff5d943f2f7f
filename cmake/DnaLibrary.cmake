# libdnadna: every layer below the command line in one shared library that shows only the
# names marked DNA_API. The program links the layers statically, so it starts at once.
get_property(layers GLOBAL PROPERTY DNA_LAYERS)
list(REMOVE_ITEM layers dna_cli)
set(objects ${layers})
list(TRANSFORM objects REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")

add_library(libdnadna SHARED ${objects})
set_target_properties(libdnadna PROPERTIES OUTPUT_NAME dnadna LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_include_directories(libdnadna
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
# all objects are in it already: from the layers come the libraries they stand on
target_link_libraries(libdnadna PRIVATE ${layers})

set_target_properties(dnadna PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

configure_file(${PROJECT_SOURCE_DIR}/cmake/dnadna.pc.in dnadna.pc @ONLY)
install(TARGETS dnadna libdnadna)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/dnadna TYPE INCLUDE)
install(FILES ${PROJECT_BINARY_DIR}/dnadna.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
