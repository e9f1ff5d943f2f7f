/* onnx.h - a network as ONNX, for onnxruntime and whatever else reads it.
 *
 * SPDX-License-Identifier: MIT
 *
 * Operator set 13, IR version 7. The model has one input "x" [N, rows, SNPs], N free and
 * the others those of the graph, and one output "output" [N, n_outputs]: the network's
 * raw outputs in evaluation mode. Weights keep the names of their tensors; counters have
 * no use there and are left out. Source: ONNX 1.12, docs/Operators.md.
 */
#ifndef DNA_RUN_ONNX_H
#define DNA_RUN_ONNX_H

#include "base/str.h"
#include "dnadna/program.h"

/** Append the model's bytes; metadata (may be NULL) becomes its property "dnadna".
 *  Errors: DNA_EUNSUPPORTED (larger than the 2 GiB of a protocol buffer, or an operator
 *  that ONNX cannot say), DNA_ENOMEM. */
int dna_onnx_write(dna_str *out, const dna_graph *g, dna_state *state,
    const char *metadata) DNA_MUST_CHECK;

#endif
