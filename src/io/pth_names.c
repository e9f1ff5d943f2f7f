/* pth_names.c - the names that a pickle of PyTorch may mention.
 *
 * SPDX-License-Identifier: MIT
 *
 * The list is what keeps files from asking for more: it has no function that does
 * anything but build data.
 */
#include "io/pth_names.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static const struct {
    const char *name;
    int role;
} names[] = {{"torch._utils._rebuild_tensor_v2", PTH_TENSOR},
    {"torch._utils._rebuild_tensor", PTH_TENSOR},
    {"torch._utils._rebuild_parameter", PTH_PARAMETER},
    {"torch._utils._rebuild_parameter_with_state", PTH_PARAMETER},
    {"torch.nn.parameter.Parameter", PTH_PARAMETER}, {"torch.Size", PTH_SIZE},
    {"torch.device", PTH_DEVICE}, {"torch.Tensor", PTH_TYPE},
    {"torch.float16", PTH_TYPE}, {"torch.bfloat16", PTH_TYPE},
    {"torch.float32", PTH_TYPE}, {"torch.float64", PTH_TYPE}, {"torch.uint8", PTH_TYPE},
    {"torch.int8", PTH_TYPE}, {"torch.int16", PTH_TYPE}, {"torch.int32", PTH_TYPE},
    {"torch.int64", PTH_TYPE}, {"torch.bool", PTH_TYPE},
    {"collections.OrderedDict", PTH_MAPPING}, {"collections.defaultdict", PTH_MAPPING},
    {"collections.UserDict", PTH_MAPPING}, {"collections.Counter", PTH_MAPPING},
    {"collections.ChainMap", PTH_CHAIN}, {"builtins.dict", PTH_MAPPING},
    {"__builtin__.dict", PTH_MAPPING}, {"builtins.set", PTH_SET},
    {"__builtin__.set", PTH_SET}, {"builtins.frozenset", PTH_SET},
    {"__builtin__.frozenset", PTH_SET}, {"builtins.list", PTH_SET},
    {"__builtin__.list", PTH_SET}, {"copyreg._reconstructor", PTH_RECONSTRUCTOR},
    {"copy_reg._reconstructor", PTH_RECONSTRUCTOR}, {"builtins.object", PTH_OBJECT},
    {"__builtin__.object", PTH_OBJECT}, {"builtins.int", PTH_TYPE},
    {"builtins.float", PTH_TYPE}, {"builtins.str", PTH_TYPE},
    {"builtins.bool", PTH_TYPE}, {"numpy.core.multiarray.scalar", PTH_NUMPY_SCALAR},
    {"numpy._core.multiarray.scalar", PTH_NUMPY_SCALAR},
    {"numpy.dtype", PTH_NUMPY_DTYPE}, {"_codecs.encode", PTH_ENCODE}};

static const dna_pth_storage_type storages[] = {{"FloatStorage", DNA_F32, false},
    {"DoubleStorage", DNA_F64, false}, {"HalfStorage", DNA_F16, false},
    {"BFloat16Storage", DNA_U16, true}, {"LongStorage", DNA_I64, false},
    {"IntStorage", DNA_I32, false}, {"ShortStorage", DNA_I16, false},
    {"CharStorage", DNA_I8, false}, {"ByteStorage", DNA_U8, false},
    {"BoolStorage", DNA_BOOL, false}};

/* The rest of a text after what it begins with, or NULL. */
static const char *
after(const char *text, const char *start)
{
    size_t n = strlen(start);
    return strncmp(text, start, n) == 0 ? text + n : NULL;
}

/* The configuration mappings of the Python program: its classes Config and DeepChainMap,
 * wherever its versions have them. */
static bool
is_configuration(const char *name)
{
    const char *class_name = strrchr(name, '.');
    return after(name, "dnadna.") != NULL
           && (dna_str_ends_with(class_name, "Config")
               || dna_str_ends_with(class_name, "ChainMap"));
}

int
dna_pth_role(const char *name)
{
    const char *storage = after(name, "torch.cuda.");

    for (int64_t i = 0; i < DNA_COUNT(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].role;
        }
    }
    if (is_configuration(name)) {
        return PTH_CHAIN;
    }
    storage = storage != NULL ? storage : after(name, "torch.");
    for (int64_t i = 0; storage != NULL && i < DNA_COUNT(storages); i++) {
        if (strcmp(storages[i].name, storage) == 0) {
            return PTH_STORAGE + (int)i;
        }
    }
    return PTH_REFUSED;
}

const dna_pth_storage_type *
dna_pth_storage_type_of(int role)
{
    int64_t i = (int64_t)role - PTH_STORAGE;
    return i >= 0 && i < DNA_COUNT(storages) ? &storages[i] : NULL;
}

const char *
dna_pth_storage_name(dna_dtype dtype)
{
    for (int64_t i = 0; i < DNA_COUNT(storages); i++) {
        if (storages[i].dtype == dtype && !storages[i].is_bfloat) {
            return storages[i].name;
        }
    }
    return NULL;
}
