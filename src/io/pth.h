/* pth.h - PyTorch's files (torch.save) as data: tensors, numbers, texts and containers.
 *
 * SPDX-License-Identifier: MIT
 *
 * Two forms: since PyTorch 1.6 a zip archive <name>/data.pkl with one member
 * <name>/data/<key> a storage; before that ("legacy") four pickles in a row (magic number,
 * protocol version, byte order, the object), the list of storages, and their bytes.
 *
 * The pickles are read by pickle.h, which calls nothing. Beside plain data these names
 * have a meaning: PyTorch's functions that rebuild tensors and parameters, its storages,
 * sizes and types; OrderedDict, ChainMap and their like; NumPy's scalars; and the
 * configuration mappings of the Python program dnadna. Any other is refused by its name.
 *
 *     DNA_TRY(dna_pth_read(&pth, "old_net.pth"));
 *     const dna_pickle *network = dna_pth_get(pth, dna_pth_root(pth), "network");
 *     DNA_TRY(dna_pth_value(&tree, arena, pth, network));
 *     DNA_TRY(dna_pth_tensors(&st, pth, dna_pth_get(pth, root, "state_dict")));
 */
#ifndef DNA_IO_PTH_H
#define DNA_IO_PTH_H

#include "base/value.h"
#include "io/pickle.h"
#include "io/safetensors.h"

typedef struct dna_pth dna_pth;

/** Whether a file begins as one of PyTorch (or as any zip or pickle). */
bool dna_pth_is(const unsigned char *bytes, size_t n);
/** Errors: DNA_EFORMAT, DNA_EUNSUPPORTED (wants to call something, is TorchScript, a tar
 *  of before 2017), DNA_EIO, DNA_ENOTFOUND, DNA_ENOMEM. */
int dna_pth_read(dna_pth **out, const char *path) DNA_MUST_CHECK;
/** The same on bytes that the caller keeps; `name` stands for the path in messages. */
int dna_pth_parse(dna_pth **out, const unsigned char *bytes, size_t n,
    const char *name) DNA_MUST_CHECK;
void dna_pth_free(dna_pth *pth);

const dna_pickle *dna_pth_root(const dna_pth *pth);
/** The entry of a mapping of any kind; NULL if there is none, or obj is NULL or none. */
const dna_pickle *dna_pth_get(const dna_pickle *obj, const char *key);
bool dna_pth_is_mapping(const dna_pickle *obj);
bool dna_pth_is_tensor(const dna_pickle *obj);
/** A tree of plain values. Tensors of one number become numbers, others are an error
 *  (DNA_EUNSUPPORTED), as is what has no place in a tree. */
int dna_pth_value(dna_value **out, dna_arena *arena, dna_pth *pth,
    const dna_pickle *obj) DNA_MUST_CHECK;
/** The tensors of a mapping name -> tensor, copied, in its order; bfloat16 becomes
 *  float32. What is no tensor is left out. All together they may have 64 times the bytes
 *  of the file. Clear `out` in any case. */
int dna_pth_tensors(
    dna_safetensors *out, dna_pth *pth, const dna_pickle *mapping) DNA_MUST_CHECK;

#endif
