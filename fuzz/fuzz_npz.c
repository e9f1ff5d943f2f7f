/* fuzz_npz.c - any bytes as an npz archive, and as a bare npy file.
 *
 * SPDX-License-Identifier: MIT
 *
 * Checksums keep a fuzzer from getting far into an archive, so input that begins like a
 * npy file goes to that reader directly. What was read must survive being written and
 * read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/npz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_round_trip(const dna_array *a)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    dna_npy_header h;
    dna_array b = {0};
    if (dna_npy_encode(&bytes, &n, a) < 0
        || dna_npy_parse_header(&h, bytes, n, "again") < 0
        || dna_npy_decode(&b, &h, bytes + h.data_offset, n - h.data_offset, "again") < 0
        || b.dtype != a->dtype || b.n_dim != a->n_dim
        || memcmp(b.dim, a->dim, sizeof(a->dim)) != 0
        || memcmp(b.data, a->data, h.data_size) != 0) {
        abort();
    }
    dna_array_clear(&b);
    dna_free(bytes);
}

static void
check_npy(const uint8_t *data, size_t size)
{
    dna_npy_header h;
    dna_array a = {0};
    if (dna_npy_parse_header(&h, data, size, "npy") == DNA_OK
        && dna_npy_decode(&a, &h, data + h.data_offset, size - h.data_offset, "npy")
               == DNA_OK) {
        check_round_trip(&a);
    }
    dna_array_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dna_npz *npz = NULL;
    if (size > 0 && data[0] == 0x93) {
        check_npy(data, size);
        return 0;
    }
    if (dna_npz_open_memory(&npz, data, size, "npz") == DNA_OK) {
        for (int64_t i = 0; i < dna_npz_count(npz) && i < 16; i++) {
            const char *key = dna_npz_name(npz, i);
            dna_npy_header h;
            dna_array a = {0};
            if (key != NULL && dna_npz_header(npz, key, &h) == DNA_OK
                && dna_npz_read(npz, key, &a) == DNA_OK) {
                check_round_trip(&a);
            }
            dna_array_clear(&a);
        }
    }
    dna_npz_close(npz);
    return 0;
}
