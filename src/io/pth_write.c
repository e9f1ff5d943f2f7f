/* pth_write.c - write files that torch.load reads.
 *
 * SPDX-License-Identifier: MIT
 *
 * The pickle (protocol 2) has what torch.save would write, without a memo: names of
 * classes and functions are written again each time.
 */
#include "io/pth_write.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/archive.h"
#include "io/pth_names.h"

#define PREFIX "archive/"

static void
put_le(dna_str *s, uint64_t v, int n_byte)
{
    for (int i = 0; i < n_byte; i++) {
        dna_str_addc(s, (char)(unsigned char)(v >> 8 * i & 0xff));
    }
}

static void
put_text(dna_str *s, const char *text)
{
    dna_str_addc(s, 'X');
    put_le(s, strlen(text), 4);
    dna_str_add(s, text);
}

static void
put_int(dna_str *s, int64_t v)
{
    if (v >= INT32_MIN && v <= INT32_MAX) {
        dna_str_addc(s, 'J');
        put_le(s, (uint64_t)v, 4);
        return;
    }
    dna_str_addn(s, "\x8a\x08", 2);
    put_le(s, (uint64_t)v, 8);
}

static void
put_double(dna_str *s, double v)
{
    uint64_t bits = 0;
    memcpy(&bits, &v, sizeof(bits));
    dna_str_addc(s, 'G');
    for (int i = 7; i >= 0; i--) {
        put_le(s, bits >> 8 * i & 0xff, 1);
    }
}

static void
put_bool(dna_str *s, bool v)
{
    dna_str_addc(s, v ? '\x88' : '\x89');
}

static void
put_value(dna_str *s, const dna_value *v)
{
    switch (v->type) {
    case DNA_NULL:
        dna_str_addc(s, 'N');
        break;
    case DNA_BOOLEAN:
        put_bool(s, v->boolean);
        break;
    case DNA_INT:
        put_int(s, v->integer);
        break;
    case DNA_FLOAT:
        put_double(s, v->number);
        break;
    case DNA_STRING:
        put_text(s, v->text);
        break;
    case DNA_LIST:
        dna_str_add(s, "](");
        for (int64_t i = 0; i < v->n; i++) {
            put_value(s, v->items[i]);
        }
        dna_str_addc(s, 'e');
        break;
    case DNA_MAP:
        dna_str_add(s, "}(");
        for (int64_t i = 0; i < v->n; i++) {
            put_text(s, v->keys[i]);
            put_value(s, v->items[i]);
        }
        dna_str_addc(s, 'u');
        break;
    }
}

static const char ordered_dict[] = "ccollections\nOrderedDict\n)R";

/* A tuple of a tensor's sizes, or of its strides. */
static void
put_sizes(dna_str *s, const dna_array *a, bool is_strides)
{
    dna_str_addc(s, '(');
    for (int i = 0; i < a->n_dim; i++) {
        int64_t stride = 1;
        for (int k = i + 1; k < a->n_dim; k++) {
            stride *= DNA_MAX(a->dim[k], (int64_t)1);
        }
        put_int(s, is_strides ? stride : a->dim[i]);
    }
    dna_str_addc(s, 't');
}

/* _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks). */
static int
put_tensor(dna_str *s, const dna_array *a, int64_t key)
{
    const char *type = dna_pth_storage_name(a->dtype);
    char text[32];
    int rc = DNA_OK;

    DNA_REQUIRE(type != NULL, DNA_EUNSUPPORTED, "PyTorch has no tensors of %s",
        dna_dtype_name(a->dtype));
    snprintf(text, sizeof(text), "%lld", (long long)key);
    dna_str_add(s, "ctorch._utils\n_rebuild_tensor_v2\n((");
    put_text(s, "storage");
    dna_str_addf(s, "ctorch\n%s\n", type);
    put_text(s, text);
    put_text(s, "cpu");
    put_int(s, dna_array_count(a));
    dna_str_add(s, "tQ"); /* the storage, by its persistent id */
    put_int(s, 0);
    put_sizes(s, a, false);
    put_sizes(s, a, true);
    put_bool(s, false);
    dna_str_add(s, ordered_dict);
    dna_str_add(s, "tR");
out:
    return rc;
}

static int
put_pickle(dna_str *s, const dna_value *entries, const char *const *names,
    const dna_array *arrays, int64_t n)
{
    int rc = DNA_OK;

    dna_str_add(s, "\x80\x02}(");
    for (int64_t i = 0; i < entries->n; i++) {
        put_text(s, entries->keys[i]);
        put_value(s, entries->items[i]);
    }
    put_text(s, "state_dict");
    dna_str_add(s, ordered_dict);
    dna_str_addc(s, '(');
    for (int64_t i = 0; i < n; i++) {
        put_text(s, names[i]);
        DNA_TRY(put_tensor(s, &arrays[i], i));
    }
    dna_str_add(s, "uu.");
    DNA_TRY(dna_str_status(s));
out:
    return rc;
}

int
dna_pth_write(const char *path, const dna_value *entries, const char *const *names,
    const dna_array *arrays, int64_t n)
{
    dna_archive_writer *w = NULL;
    dna_str pickle;
    int rc = DNA_OK;

    dna_str_init(&pickle, 0);
    DNA_TRY(put_pickle(&pickle, entries, names, arrays, n));
    DNA_TRY(dna_archive_create(&w, path));
    DNA_TRY(dna_archive_add(
        w, PREFIX "data.pkl", dna_str_text(&pickle), pickle.len, false));
    for (int64_t i = 0; i < n; i++) {
        const dna_array *a = &arrays[i];
        char name[64];
        snprintf(name, sizeof(name), PREFIX "data/%lld", (long long)i);
        DNA_TRY(dna_archive_add(w, name, a->data,
            (size_t)dna_array_count(a) * dna_dtype_size(a->dtype), false));
    }
    DNA_TRY(dna_archive_add(w, PREFIX "version", "3\n", 2, false));
    rc = dna_archive_commit(w, false);
    w = NULL;
out:
    dna_archive_abort(w);
    dna_str_clear(&pickle);
    return rc;
}
