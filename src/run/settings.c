/* settings.c - read single values of a checked config.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/settings.h"

#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

int64_t
dna_setting_int(const dna_value *config, const char *dotted, int64_t fallback)
{
    int64_t v = fallback;
    const dna_value *item = dna_value_get_path(config, dotted);
    return item != NULL && dna_value_as_int(item, &v) ? v : fallback;
}

double
dna_setting_double(const dna_value *config, const char *dotted, double fallback)
{
    double v = fallback;
    const dna_value *item = dna_value_get_path(config, dotted);
    return item != NULL && dna_value_as_double(item, &v) ? v : fallback;
}

bool
dna_setting_bool(const dna_value *config, const char *dotted, bool fallback)
{
    bool v = fallback;
    const dna_value *item = dna_value_get_path(config, dotted);
    return item != NULL && dna_value_as_bool(item, &v) ? v : fallback;
}

const char *
dna_setting_text(const dna_value *config, const char *dotted)
{
    const dna_value *item = dna_value_get_path(config, dotted);
    return item != NULL ? dna_value_as_text(item) : NULL;
}

bool
dna_setting_is(const dna_value *config, const char *dotted, const char *choice)
{
    return dna_str_equal(dna_setting_text(config, dotted), choice);
}

int
dna_setting_check_folder(const dna_value *config, const char *dotted)
{
    const dna_value *v = dna_value_get_path(config, dotted);
    const char *path = v != NULL ? dna_value_as_text(v) : NULL;

    if (path == NULL || dna_path_is_dir(path)) {
        return DNA_OK;
    }
    return dna_path_exists(path)
               ? dna_config_fail(DNA_EIO, v, dotted, "%s is not a folder", path)
               : dna_config_fail(DNA_ENOTFOUND, v, dotted, "%s does not exist", path);
}

int
dna_new_folder(char **out, const char *what, const char *name, const char *root)
{
    int rc = DNA_OK;

    DNA_REQUIRE(name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0
                    && strcmp(name, "..") != 0,
        DNA_EARG, "%s \"%s\": must be usable as a folder's name", what, name);
    bool is_here = root == NULL || strcmp(root, ".") == 0;
    *out = is_here ? dna_strdup(name) : dna_path_join(root, name);
    rc = *out != NULL ? DNA_OK : DNA_ENOMEM;
out:
    return rc;
}

int
dna_setting_blame(int code, const dna_value *config, const char *dotted)
{
    const dna_value *v = dna_value_get_path(config, dotted);
    return v != NULL ? dna_config_fail(code, v, "", "%s", dna_message()) : code;
}

bool
dna_is_config_name(const char *path)
{
    return dna_str_ends_with(path, ".json") || dna_str_ends_with(path, ".yml")
           || dna_str_ends_with(path, ".yaml");
}

const char *
dna_utc_now(char *buf, size_t size)
{
    time_t now = time(NULL);
    struct tm tm;
    if (gmtime_r(&now, &tm) == NULL
        || strftime(buf, size, "%Y-%m-%dT%H:%M:%S+00:00", &tm) == 0) {
        buf[0] = '\0';
    }
    return buf;
}

double
dna_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
