/* libraries.h - the versions of the libraries that files are read and written with.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_IO_LIBRARIES_H
#define DNA_IO_LIBRARIES_H

#include <stddef.h>

/** "libyaml 0.2.5, jansson 2.14, ...": as loaded, not as built with. */
void dna_io_libraries(char *buf, size_t size);

#endif
