/* packed_set.c - the packed files that make up a dataset: one, or its slices.
 *
 * SPDX-License-Identifier: MIT
 */
#include "data/packed_set.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

/* ---- names ----------------------------------------------------------------------- */

/* Length of a path without the suffix. */
static size_t
stem_length(const char *path)
{
    size_t n = strlen(path);
    return dna_str_ends_with(path, DNA_PACKED_SUFFIX) ? n - strlen(DNA_PACKED_SUFFIX)
                                                      : n;
}

char *
dna_packed_slice_path(const char *path, int64_t first, int64_t last, int n_digit)
{
    size_t n = stem_length(path);
    dna_str s;

    dna_str_init(&s, 0);
    if (n_digit > 0) {
        dna_str_addf(&s, "%.*s.%0*lld-%0*lld%s", (int)n, path, n_digit,
            (long long)first, n_digit, (long long)last, path + n);
    } else {
        dna_str_add(&s, path);
    }
    return dna_str_take(&s);
}

/* "<stem>.<digits>-<digits><suffix>" */
bool
dna_packed_is_slice(const char *name, const char *whole)
{
    static const char digits[] = "0123456789";
    size_t stem = stem_length(whole);

    if (strncmp(name, whole, stem) != 0 || name[stem] != '.') {
        return false;
    }
    const char *c = name + stem + 1;
    size_t n = strspn(c, digits), m = c[n] == '-' ? strspn(c + n + 1, digits) : 0;
    return n > 0 && m > 0 && strcmp(c + n + 1 + m, whole + stem) == 0;
}

/* ---- opening --------------------------------------------------------------------- */

static int
add(dna_packed_set *set, const char *path)
{
    dna_packed **grown =
        dna_realloc(set->files, (size_t)set->n + 1, sizeof(*set->files));

    if (grown == NULL) {
        return DNA_ENOMEM;
    }
    set->files = grown;
    int rc = dna_packed_open(&set->files[set->n], path);
    set->n += rc == DNA_OK;
    return rc;
}

/* Slices of numbers with as many digits are in order as text. */
static int
open_slices(dna_packed_set *set, const char *whole)
{
    const char *name = dna_path_basename(whole);
    char *dir = dna_path_dirname(whole), *path = NULL;
    char **names = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    if (dir == NULL) {
        return DNA_ENOMEM;
    }
    DNA_TRY(dna_path_list(dir, &names, &n));
    for (int64_t i = 0; i < n; i++) {
        if (!dna_packed_is_slice(names[i], name)) {
            continue;
        }
        dna_free(path);
        path = dna_path_join(dir, names[i]);
        if (path == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        DNA_TRY(add(set, path));
    }
    DNA_REQUIRE(
        set->n > 0, DNA_ENOTFOUND, "%s: is not there, nor are slices of it", whole);
out:
    dna_path_list_free(names, n);
    dna_free(path);
    dna_free(dir);
    return rc;
}

static bool
has_same_meta(const dna_packed *a, const dna_packed *b)
{
    size_t n = 0, m = 0;
    const char *x = dna_packed_meta(a, &n), *y = dna_packed_meta(b, &m);
    return n == m && memcmp(x, y, n) == 0;
}

static int
check_slices(const dna_packed_set *set)
{
    int64_t last = -1;
    int rc = DNA_OK;

    for (int64_t f = 0; f < set->n; f++) {
        const dna_packed *p = set->files[f];
        int64_t n = dna_packed_count(p);
        dna_packed_sample r;
        DNA_REQUIRE(has_same_meta(p, set->files[0]), DNA_EFORMAT,
            "%s: belongs to another dataset than %s", dna_packed_path(p),
            dna_packed_path(set->files[0]));
        if (n == 0) {
            continue;
        }
        DNA_TRY(dna_packed_record(&r, p, 0));
        DNA_REQUIRE(r.scenario > last, DNA_EFORMAT,
            "%s: scenario %lld is also in the slice before it", dna_packed_path(p),
            (long long)r.scenario);
        DNA_TRY(dna_packed_record(&r, p, n - 1));
        last = r.scenario;
    }
out:
    return rc;
}

int
dna_packed_set_open(
    dna_packed_set *set, const char *folder, const char *name, const char *dataset_name)
{
    char *path = NULL;
    dna_str file;
    int rc = DNA_OK;

    *set = (dna_packed_set){0};
    dna_str_init(&file, 0);
    if (name == NULL) {
        dna_str_addf(&file, "%s%s", dataset_name, DNA_PACKED_SUFFIX);
        name = dna_str_text(&file);
    }
    DNA_REQUIRE(dna_str_ends_with(name, DNA_PACKED_SUFFIX), DNA_EARG,
        "data_source.path \"%s\" does not end in %s", name, DNA_PACKED_SUFFIX);
    path = dna_path_join(folder, name);
    if (path == NULL || dna_str_status(&file) < 0) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_path_exists(path) ? add(set, path) : open_slices(set, path));
    DNA_TRY(check_slices(set));
out:
    dna_free(path);
    dna_str_clear(&file);
    return rc;
}

void
dna_packed_set_clear(dna_packed_set *set)
{
    for (int64_t i = 0; i < set->n; i++) {
        dna_packed_close(set->files[i]);
    }
    dna_free(set->files);
    *set = (dna_packed_set){0};
}

bool
dna_packed_set_find(const dna_packed_set *set, int64_t scenario, int64_t replicate,
    dna_packed **file, int64_t *i)
{
    for (int64_t f = 0; f < set->n; f++) {
        *i = dna_packed_find(set->files[f], scenario, replicate);
        if (*i >= 0) {
            *file = set->files[f];
            return true;
        }
    }
    return false;
}
