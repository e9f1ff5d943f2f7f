/* pth_names.h - what the names in a pickle of PyTorch mean.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_IO_PTH_NAMES_H
#define DNA_IO_PTH_NAMES_H

#include <stdbool.h>

#include "dnadna/array.h"

/* Roles of globals. Those of storages are from PTH_STORAGE on. */
enum {
    PTH_REFUSED = 0,
    PTH_TENSOR,        /* (storage, offset, size, stride, ...) */
    PTH_PARAMETER,     /* (tensor, ...) */
    PTH_SIZE,          /* (tuple) */
    PTH_DEVICE,        /* (text, ...) */
    PTH_TYPE,          /* a type as a value: torch.float32 */
    PTH_MAPPING,       /* a dict with another name; may have its entries as argument */
    PTH_CHAIN,         /* several mappings, the first that has a key counts */
    PTH_SET,           /* (list) */
    PTH_RECONSTRUCTOR, /* (class, base, state) of protocols 0 and 1 */
    PTH_OBJECT,        /* Python's object and other bases, never called */
    PTH_NUMPY_SCALAR,  /* (dtype, bytes) */
    PTH_NUMPY_DTYPE,   /* ("f8", ...) and a state with the byte order */
    PTH_ENCODE,        /* (text, "latin1"): bytes */
    PTH_STORAGE
};

/** dna_pickle_role_fn of PyTorch's files. */
int dna_pth_role(const char *name);

typedef struct {
    const char *name; /* "FloatStorage" */
    dna_dtype dtype;
    bool is_bfloat; /* 16 bits, the upper half of a float */
} dna_pth_storage_type;

/** PyTorch's name of the storages of a type, NULL if it has none. */
const char *dna_pth_storage_name(dna_dtype dtype);
/** Of a role from PTH_STORAGE on; else NULL. */
const dna_pth_storage_type *dna_pth_storage_type_of(int role);

#endif
