/* libraries.c - the versions of the libraries that files are read and written with.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/libraries.h"

#include <htslib/hts.h>
#include <jansson.h>
#include <libdeflate.h>
#include <stdio.h>
#include <yaml.h>
#include <zip.h>

void
dna_io_libraries(char *buf, size_t size)
{
    snprintf(buf, size, "libyaml %s, jansson %s, libzip %s, libdeflate %s, htslib %s",
        yaml_get_version_string(), jansson_version_str(), zip_libzip_version(),
        LIBDEFLATE_VERSION_STRING, hts_version());
}
