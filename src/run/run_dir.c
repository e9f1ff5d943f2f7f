/* run_dir.c - which number a training run gets, and the folder it lives in.
 *
 * SPDX-License-Identifier: MIT
 */
#include "run/run_dir.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/path.h"
#include "base/str.h"
#include "run/file_name.h"

#define ID_WIDTH 3
/* Stands for the digits of an id in a pattern; no folder name has it. */
#define DIGITS '\x01'

void
dna_run_name_clear(dna_run_name *run)
{
    dna_free(run->id);
    dna_free(run->name);
    dna_free(run->dir);
    *run = (dna_run_name){0};
}

/* Names end up in lines of logs and tables: no line breaks and the like. */
static bool
is_file_name(const char *name)
{
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '/' || iscntrl((unsigned char)*p)) {
            return false;
        }
    }
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static bool
is_all_digits(const char *s)
{
    size_t n = strspn(s, "0123456789");
    return n > 0 && s[n] == '\0';
}

static int
fill_format(
    char **out, const dna_run_wish *wish, const char *id_text, int64_t id_number)
{
    const dna_name_field fields[] = {{.name = "run_id",
                                         .text = id_text,
                                         .number = id_number,
                                         .default_width = ID_WIDTH},
        {.name = "model_name", .text = wish->model_name}};
    return dna_name_fill(
        out, wish->format, fields, DNA_COUNT(fields), "run_name_format");
}

/* The number in a folder's name, -1 if the whole name does not match the pattern. */
static int64_t
match_number(const char *pattern, const char *name)
{
    int64_t number = -1;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != DIGITS) {
            if (*name++ != *pattern) {
                return -1;
            }
            continue;
        }
        char digits[24];
        size_t n = strspn(name, "0123456789");
        if (n == 0 || n >= sizeof(digits)) {
            return -1;
        }
        memcpy(digits, name, n);
        digits[n] = '\0';
        int64_t here = 0;
        if (!dna_parse_int(digits, &here) || (number >= 0 && here != number)) {
            return -1;
        }
        number = here;
        name += n;
    }
    return *name == '\0' ? number : -1;
}

/* The format with the id replaced by one DIGITS: its own format spec is dropped. */
static int
make_pattern(char **out, const dna_run_wish *wish)
{
    char *plain = NULL;
    const char marker[] = {DIGITS, '\0'};
    int rc = DNA_OK;

    DNA_NEW(plain, strlen(wish->format) + 1);
    char *to = plain;
    bool in_spec = false;
    for (const char *p = wish->format; *p != '\0'; p++) {
        if (*p == ':' && to - plain >= 7 && strncmp(to - 7, "{run_id", 7) == 0) {
            in_spec = true;
        }
        if (*p == '}') {
            in_spec = false;
        }
        if (!in_spec) {
            *to++ = *p;
        }
    }
    dna_run_wish free_wish = *wish;
    free_wish.format = plain;
    DNA_TRY(fill_format(out, &free_wish, marker, 0));
out:
    dna_free(plain);
    return rc;
}

static int
highest_number(int64_t *out, const dna_run_wish *wish)
{
    char *pattern = NULL;
    char **names = NULL;
    int64_t n = 0;
    int rc = DNA_OK;

    *out = -1;
    if (!dna_path_is_dir(wish->model_root)) {
        goto out;
    }
    DNA_TRY(make_pattern(&pattern, wish));
    DNA_TRY(dna_path_list(wish->model_root, &names, &n));
    for (int64_t i = 0; i < n; i++) {
        int64_t number = match_number(pattern, names[i]);
        if (number <= *out) {
            continue;
        }
        char *dir = dna_path_join(wish->model_root, names[i]);
        if (dir == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        if (dna_path_is_dir(dir)) {
            *out = number;
        }
        dna_free(dir);
    }
out:
    dna_path_list_free(names, n);
    dna_free(pattern);
    return rc;
}

static int
set_name(dna_run_name *run, const dna_run_wish *wish)
{
    char number[32];
    int rc = DNA_OK;

    if (run->is_number) {
        snprintf(number, sizeof(number), "%lld", (long long)run->number);
    }
    run->id = dna_strdup(run->is_number ? number : wish->wanted);
    if (run->id == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(fill_format(
        &run->name, wish, run->is_number ? NULL : wish->wanted, run->number));
    DNA_REQUIRE(is_file_name(run->name), DNA_EARG,
        "run id \"%s\": the run's name \"%s\" cannot be a folder's name", run->id,
        run->name);
    run->dir = dna_path_join(wish->model_root, run->name);
    if (run->dir == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    DNA_TRY(dna_run_dir_has_files(&run->has_files, run->dir));
out:
    return rc;
}

int
dna_run_name_choose(dna_run_name *out, const dna_run_wish *wish)
{
    dna_run_name run = {0};
    int rc = DNA_OK;

    run.is_number = true;
    if (wish->wanted != NULL) {
        DNA_REQUIRE(wish->wanted[0] != '\0', DNA_EARG, "run id: is empty");
        run.is_number = is_all_digits(wish->wanted);
        DNA_REQUIRE(!run.is_number || dna_parse_int(wish->wanted, &run.number),
            DNA_EARG, "run id \"%s\": the number is too large", wish->wanted);
        DNA_TRY(set_name(&run, wish));
    } else {
        int64_t highest = -1;
        DNA_TRY(highest_number(&highest, wish));
        run.number = DNA_MAX(highest, wish->not_below);
        run.is_free_choice = true;
        DNA_TRY(set_name(&run, wish));
        if (run.has_files && dna_name_has_field(wish->format, "run_id")) {
            int64_t next = run.number + 1;
            dna_run_name_clear(&run);
            run.is_number = true;
            run.is_free_choice = true;
            run.number = next;
            DNA_TRY(set_name(&run, wish));
        }
    }
    *out = run;
    run = (dna_run_name){0};
out:
    dna_run_name_clear(&run);
    return rc;
}

/* The same name with .safetensors in place of .pth or .pt. */
static int
file_name(char **out, const char *path, bool *is_renamed)
{
    dna_str s;
    size_t n = strlen(path);
    int rc = DNA_OK;

    dna_str_init(&s, 0);
    *is_renamed = dna_str_ends_with(path, ".pth") || dna_str_ends_with(path, ".pt");
    if (*is_renamed) {
        n -= dna_str_ends_with(path, ".pth") ? 4 : 3;
    }
    dna_str_addn(&s, path, n);
    dna_str_add(&s, *is_renamed ? ".safetensors" : "");
    DNA_TRY(dna_str_status(&s));
    *out = dna_str_take(&s);
out:
    dna_str_clear(&s);
    return rc;
}

int
dna_run_network_path(char **out, const dna_run_name *run, const char *model_name,
    const char *format, const char *checkpoint, bool *is_renamed)
{
    const dna_name_field fields[] = {{.name = "model_name", .text = model_name},
        {.name = "run_name", .text = run->name},
        {.name = "run_id",
            .text = run->is_number ? NULL : run->id,
            .number = run->number,
            .default_width = ID_WIDTH},
        {.name = "checkpoint", .text = checkpoint}};
    char *name = NULL;
    char *file = NULL;
    int rc = DNA_OK;

    DNA_REQUIRE(dna_name_has_field(format, "checkpoint"), DNA_EARG,
        "model_filename_format: \"%s\" has no {checkpoint}", format);
    DNA_TRY(dna_name_fill(
        &name, format, fields, DNA_COUNT(fields), "model_filename_format"));
    DNA_TRY(file_name(&file, name, is_renamed));
    DNA_REQUIRE(strchr(file, '/') == NULL, DNA_EARG,
        "model_filename_format: \"%s\" names a folder", file);
    char *path = dna_path_join(run->dir, file);
    if (path == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    *out = path;
out:
    dna_free(file);
    dna_free(name);
    return rc;
}
