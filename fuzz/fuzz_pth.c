/* fuzz_pth.c - any bytes as a file of PyTorch, and as a bare pickle.
 *
 * SPDX-License-Identifier: MIT
 *
 * What is read must have tensors within the bounds of the file, and a tree, or say why
 * not.
 */
#include <stdint.h>
#include <stdlib.h>

#include "io/pth.h"
#include "run/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk(dna_pth *pth)
{
    dna_safetensors st = {0};
    dna_arena *arena = NULL;
    dna_value *tree = NULL;
    const dna_pickle *root = dna_pth_root(pth);

    if (dna_pth_is_mapping(root)) {
        const dna_pickle *state = dna_pth_get(root, "state_dict");
        (void)!dna_pth_tensors(&st, pth, dna_pth_is_mapping(state) ? state : root);
        for (int64_t i = 0; i < st.n_tensor; i++) {
            volatile double last = 0.0;
            int64_t n = dna_array_count(&st.arrays[i]);
            if (st.arrays[i].data != NULL && n > 0) {
                last = dna_array_get(&st.arrays[i], n - 1);
            }
            (void)last;
        }
        dna_safetensors_clear(&st);
    }
    if (dna_arena_new(&arena) == DNA_OK) {
        (void)!dna_pth_value(&tree, arena, pth, root);
    }
    dna_arena_free(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dna_pth *pth = NULL;
    dna_network *net = NULL;

    if (dna_pth_parse(&pth, data, size, "pth") == DNA_OK) {
        walk(pth);
    }
    dna_pth_free(pth);
    if (dna_pth_is(data, size) && dna_network_parse(&net, data, size, "pth") == DNA_OK
        && dna_network_n_output(net) < 1) {
        abort();
    }
    dna_network_free(net);
    return 0;
}
