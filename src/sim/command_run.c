/* command_run.c - one call of an outside program: its output as a sample.
 *
 * SPDX-License-Identifier: MIT
 */
#include "sim/command_run.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/process.h"
#include "io/data_file.h"
#include "popgen/sample_ms.h"
#include "popgen/sample_ops.h"
#include "sim/command_genotypes.h"

/* A call while it is made. */
typedef struct {
    const dna_command_call *call;
    dna_arena *arena;
    char *dir, *output; /* NULL without {output} */
    const char *const *argv;
    const char *program; /* for messages: the first word, or what the shell runs */
    dna_process_result result;
    unsigned char *file; /* what was in the output */
    const void *bytes;   /* [n] what is read: the file or standard output */
    size_t n;
} running;

/* ---- before -------------------------------------------------------------------------- */

/* Some programs add the extension that a name lacks. */
static int
make_output(running *r)
{
    static const char *const names[] = {[DNA_OUTPUT_ANY] = "sample.npz",
        [DNA_OUTPUT_NPZ] = "sample.npz",
        [DNA_OUTPUT_MS] = "sample.ms",
        [DNA_OUTPUT_VCF] = "sample.vcf",
        [DNA_OUTPUT_TREES] = "sample.trees"};
    int rc = DNA_OK;

    DNA_TRY(dna_temp_dir_new(&r->dir, r->call->temp_dir));
    r->output = dna_path_join(r->dir, names[r->call->format]);
    if (r->output == NULL) {
        rc = DNA_ENOMEM;
    }
out:
    return rc;
}

static int
make_argv(running *r)
{
    const dna_command_call *c = r->call;
    int64_t n = dna_command_line_n_field(c->line);
    const char **values = dna_arena_alloc(r->arena, (size_t)n + 1, sizeof(*values));
    dna_str text;
    int rc = DNA_OK;

    dna_str_init(&text, (size_t)1 << 20);
    if (values == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    for (int64_t i = 0; i < n; i++) {
        text.len = 0;
        dna_str_add(&text, "");
        DNA_TRY(c->put_field(c->payload, i, r->output, &text));
        DNA_TRY(dna_str_status(&text));
        values[i] = dna_arena_strndup(r->arena, dna_str_text(&text), text.len);
        if (values[i] == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
    }
    DNA_TRY(dna_command_line_fill(&r->argv, c->line, r->arena, values));
    r->program =
        dna_command_line_is_shell(c->line) ? "command" : dna_path_basename(r->argv[0]);
out:
    dna_str_clear(&text);
    return rc;
}

/* ---- while it runs ------------------------------------------------------------------- */

static int
check(void *payload)
{
    const running *r = payload;
    const dna_command_call *c = r->call;
    struct stat st;
    int rc = DNA_OK;

    DNA_REQUIRE(c->is_cancelled == NULL || !c->is_cancelled(c->cancel_payload),
        DNA_ECANCEL, "stopped on request");
    DNA_REQUIRE(r->output == NULL || stat(r->output, &st) != 0
                    || st.st_size <= (off_t)c->max_output,
        DNA_EIO, "%s: wrote more than %zu bytes to {output} and was stopped",
        r->program, c->max_output);
out:
    return rc;
}

/* The last lines of standard error as one: "a | b", no longer than a message can hold. */
static void
last_words(char *text, size_t size, const dna_process_result *p)
{
    const char *from = p->err;
    size_t n = p->n_err, k = 0;

    while (n > 0 && strchr(" \t\r\n", from[n - 1]) != NULL) {
        n--;
    }
    bool is_cut = p->is_err_cut;
    if (n > size / 2) { /* room for the separators */
        from += n - size / 2;
        n = size / 2;
        is_cut = true;
        while (n > 0 && ((unsigned char)*from & 0xc0) == 0x80) {
            from++;
            n--;
        }
    }
    k = (size_t)snprintf(text, size, "%s", is_cut ? "..." : "");
    for (size_t i = 0; i < n && k + 4 < size; i++) {
        if (from[i] != '\n') {
            text[k++] = from[i];
        } else if (i > 0 && from[i - 1] != '\n') {
            text[k++] = ' ';
            text[k++] = '|';
            text[k++] = ' ';
        }
    }
    text[k] = '\0';
}

/* The message that is set, and what the program said itself. */
static int
add_last_words(const running *r, int code)
{
    char text[640];

    last_words(text, sizeof(text), &r->result);
    if (text[0] == '\0' || code == DNA_ENOMEM || code == DNA_ECANCEL) {
        return code;
    }
    return dna_fail(code, "%s; its standard error: %s", dna_message(), text);
}

static int
run_program(running *r)
{
    const dna_process_options o = {.argv = r->argv,
        .timeout = r->call->timeout,
        .max_output = r->call->max_output,
        .check = check,
        .payload = r};
    const dna_process_result *p = &r->result;
    int rc = DNA_OK;

    DNA_TRY(dna_process_run(&r->result, &o));
    DNA_REQUIRE(p->signal == 0, DNA_EIO, "%s: was ended by signal %d (%s)", r->program,
        p->signal, strsignal(p->signal));
    DNA_REQUIRE(p->exit_code == 0, DNA_EIO, "%s: ended with exit code %d", r->program,
        p->exit_code);
out:
    return rc;
}

/* ---- after --------------------------------------------------------------------------- */

static int
find_bytes(running *r)
{
    struct stat st;
    int rc = DNA_OK;

    if (r->output == NULL) {
        r->bytes = r->result.out;
        r->n = r->result.n_out;
        DNA_REQUIRE(r->n > 0, DNA_EFORMAT,
            "%s: wrote nothing to its standard output, and its command has no {output}",
            r->program);
        return DNA_OK;
    }
    DNA_REQUIRE(lstat(r->output, &st) == 0, DNA_EFORMAT, "%s: wrote no file {output}",
        r->program);
    DNA_REQUIRE(S_ISREG(st.st_mode), DNA_EFORMAT, "%s: {output} is no ordinary file",
        r->program);
    DNA_REQUIRE(st.st_size <= (off_t)r->call->max_output, DNA_EIO,
        "%s: wrote more than %zu bytes to {output}", r->program, r->call->max_output);
    DNA_TRY(dna_file_read(r->output, r->call->max_output, &r->file, &r->n));
    r->bytes = r->file;
    DNA_REQUIRE(r->n > 0, DNA_EFORMAT, "%s: {output} is empty", r->program);
out:
    return rc;
}

/* Integers are base pairs even if all are 0 or 1; nothing lies beyond the segment. */
static int
check_positions(const running *r, dna_sample *s)
{
    int rc = DNA_OK;

    if (!s->has_pos) {
        return DNA_OK;
    }
    if (s->pos.dtype != DNA_F16 && s->pos.dtype != DNA_F32 && s->pos.dtype != DNA_F64) {
        s->format.normalized = 0;
    }
    double last = s->n_site > 0 ? dna_array_get(&s->pos, s->n_site - 1) : 0;
    DNA_REQUIRE(s->format.normalized == 1 || last <= (double)r->call->segment_length,
        DNA_EFORMAT, "%s: the last position, %.17g, is beyond segment_length %lld",
        r->program, last, (long long)r->call->segment_length);
out:
    return rc;
}

static int
read_npz(const running *r, const char *name, dna_sample **out)
{
    const dna_position_format format = {.normalized = -1,
        .chromosome_size = r->call->segment_length,
        .initial_position = (double)NAN};
    const dna_sample_options options = {.format = &format};
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_sample_load_memory(&s, r->bytes, r->n, name, &options));
    DNA_TRY(check_positions(r, s));
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    return rc;
}

static int
read_ms(const running *r, const char *name, dna_sample **out)
{
    dna_ms *ms = NULL;
    dna_sample *s = NULL, *more = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_ms_open_memory(&ms, r->bytes, r->n, name));
    DNA_TRY(dna_sample_next_ms(&s, ms, r->call->segment_length));
    assert(rc == 1); /* a text without replicates is an error */
    DNA_TRY(dna_sample_next_ms(&more, ms, r->call->segment_length));
    DNA_REQUIRE(rc == 0, DNA_EFORMAT,
        "%s: has more than one replicate; the program is run once for each", name);
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    dna_sample_free(more);
    dna_ms_close(ms);
    return rc;
}

static int
read_genotypes(const running *r, const char *name, dna_sample **out)
{
    dna_sample *s = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_command_read_genotypes(&s, r->arena, r->bytes, r->n, name));
    s->format.chromosome_size = r->call->segment_length;
    DNA_TRY(check_positions(r, s));
    *out = s;
    s = NULL;
out:
    dna_sample_free(s);
    return rc;
}

/* The format by the content; what is none of them is told as bad ms text. */
static int
find_format(const running *r, const char *name, dna_output_format *format)
{
    dna_data_file *file = NULL;
    int rc = DNA_OK;

    DNA_TRY(dna_data_open_memory(&file, r->bytes, r->n, name));
    switch (dna_data_kind_of(file)) {
    case DNA_DATA_VCF:
    case DNA_DATA_BCF:
        *format = DNA_OUTPUT_VCF;
        break;
    case DNA_DATA_TREES:
    case DNA_DATA_OLD_TREES:
        *format = DNA_OUTPUT_TREES;
        break;
    case DNA_DATA_NPZ:
        *format = DNA_OUTPUT_NPZ;
        break;
    case DNA_DATA_MS:
    case DNA_DATA_PLINK:
    case DNA_DATA_UNKNOWN:
        *format = DNA_OUTPUT_MS;
        break;
    }
out:
    dna_data_close(file);
    return rc;
}

static int
read_sample(const running *r, dna_sample **out)
{
    bool is_zip = r->n >= 4 && memcmp(r->bytes, "PK", 2) == 0;
    dna_output_format format = r->call->format, seen = DNA_OUTPUT_NPZ;
    char name[128];
    int rc = DNA_OK;

    snprintf(name, sizeof(name), "output of %.100s", r->program);
    if (!is_zip) {
        DNA_TRY(find_format(r, name, &seen));
    }
    if (format == DNA_OUTPUT_ANY) {
        format = seen;
    }
    bool is_other =
        (format == DNA_OUTPUT_VCF || format == DNA_OUTPUT_TREES) && format != seen;
    DNA_REQUIRE(!is_other, DNA_EFORMAT, "%s: is not %s, as `format` says", name,
        format == DNA_OUTPUT_VCF ? "VCF or BCF" : "a tree sequence");
    switch (format) {
    case DNA_OUTPUT_NPZ:
        return read_npz(r, name, out);
    case DNA_OUTPUT_VCF:
    case DNA_OUTPUT_TREES:
        return read_genotypes(r, name, out);
    case DNA_OUTPUT_ANY:
    case DNA_OUTPUT_MS:
        break;
    }
    rc = read_ms(r, name, out);
out:
    return rc;
}

int
dna_command_run(dna_sample **out, const dna_command_call *call)
{
    running r = {.call = call};
    int rc = DNA_OK;

    DNA_TRY(dna_arena_new(&r.arena));
    if (call->has_output) {
        DNA_TRY(make_output(&r));
    }
    DNA_TRY(make_argv(&r));
    rc = run_program(&r);
    if (rc == DNA_OK) {
        rc = find_bytes(&r);
    }
    if (rc == DNA_OK) {
        rc = read_sample(&r, out);
    }
    if (rc < 0) {
        rc = add_last_words(&r, rc);
    }
out:
    dna_process_clear(&r.result);
    dna_temp_dir_remove(r.dir);
    dna_free(r.dir);
    dna_free(r.output);
    dna_free(r.file);
    dna_arena_free(r.arena);
    return rc;
}
