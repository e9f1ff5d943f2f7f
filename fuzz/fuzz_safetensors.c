/* fuzz_safetensors.c - any bytes as a safetensors file.
 *
 * SPDX-License-Identifier: MIT
 *
 * Whatever is accepted must account for every byte of the data once.
 */
#include <stdint.h>
#include <stdlib.h>

#include "io/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dna_safetensors st;
    if (dna_safetensors_parse(&st, data, size, "st") == DNA_OK) {
        size_t n_byte = 0;
        size_t n_header = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16
                          | (size_t)data[3] << 24;
        for (int64_t i = 0; i < st.n_tensor; i++) {
            const dna_array *a = &st.arrays[i];
            n_byte += (size_t)dna_array_count(a) * dna_dtype_size(a->dtype);
            if (dna_safetensors_find(&st, st.names[i]) != a) {
                abort(); /* two tensors of one name */
            }
        }
        for (int64_t i = 0; i < st.n_meta; i++) {
            if (dna_safetensors_meta(&st, st.meta_keys[i]) != st.meta_texts[i]) {
                abort();
            }
        }
        if (8 + n_header + n_byte != size) {
            abort();
        }
    }
    dna_safetensors_clear(&st);
    return 0;
}
