/* pth_file.h - what an open PyTorch file is inside: shared by pth.c and pth_data.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_IO_PTH_FILE_H
#define DNA_IO_PTH_FILE_H

#include "io/archive.h"
#include "io/pth.h"
#include "io/pth_names.h"

typedef struct {
    const char *key;
    const dna_pth_storage_type *type;
    int64_t count;              /* entries, within n_byte once there are bytes */
    const unsigned char *bytes; /* NULL: not read yet */
    size_t n_byte;
    unsigned char *owned;
} dna_pth_storage;

struct dna_pth {
    dna_arena *arena;
    const char *name;
    const unsigned char *bytes;
    size_t n;
    unsigned char *owned; /* NULL: the caller's */
    dna_archive *zip;     /* NULL: legacy */
    const char *prefix;   /* of its members: "net/" */
    bool is_big_endian;
    bool has_named; /* the message that is being made names the file already */
    const dna_pickle *root;
    dna_pth_storage *storages;
    int64_t n_storage;
    dna_value *numbers; /* key -> place in storages */
};

dna_pth_storage *dna_pth_find_storage(const dna_pth *pth, const char *key);
/** The storage that a reference means, and the entry of it that is the reference's
 *  first. */
int dna_pth_resolve(dna_pth *pth, const dna_pickle *ref, dna_pth_storage **out,
    int64_t *first) DNA_MUST_CHECK;
int dna_pth_load_storage(dna_pth *pth, dna_pth_storage *s) DNA_MUST_CHECK;

#endif
