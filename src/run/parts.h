/* parts.h - the parts of a config that are described elsewhere: the network and its
 * params, the optimizer and its params, transforms, losses.
 *
 * SPDX-License-Identifier: MIT
 *
 * dna_config_check_*() knows nothing of them (their rows are DNA_KIND_ANY); these check
 * them as far as that needs no data, and fill in their defaults.
 */
#ifndef DNA_RUN_PARTS_H
#define DNA_RUN_PARTS_H

#include "config/tables.h"
#include "nets/net.h"
#include "nn/optim.h"

/** What the command line says (run.h: overrides), put into a config before its checks. */
int dna_parts_override(dna_value *config, dna_arena *arena, const char *const *texts,
    int64_t n) DNA_MUST_CHECK;
/** learning_rate is another name of lr: what the command line says by one name goes
 * before what a file says by the other, which is removed. */
void dna_parts_settle_learning_rate(dna_value *config);
/** The settings that a description declares, with the values that are given. */
int dna_parts_merge_params(dna_value **out, dna_arena *arena, const dna_value *declared,
    const dna_value *given) DNA_MUST_CHECK;
/** Put what network.file says in its place, with the settings of network.params: then the
 *  config needs no other file. */
int dna_parts_inline_network(dna_arena *arena, dna_value *config) DNA_MUST_CHECK;
/** `network` is a checked mapping {name, params}, whose params are completed in place, or a
 *  description. *params gets its settings; NULL: the defaults of the description. */
int dna_parts_network(const dna_net_def **def, dna_value **params, dna_arena *arena,
    dna_value *network, dna_log *log) DNA_MUST_CHECK;
/** The description in a network section, without what only a config has; NULL if the
 *  network is built in. */
int dna_parts_description(
    dna_value **out, dna_arena *arena, const dna_value *network) DNA_MUST_CHECK;
/** `optimizer` likewise; learning_rate becomes lr. *opts lives in the arena, its texts
 * belong to params. */
int dna_parts_optimizer(const dna_optim_def **def, const void **opts, dna_arena *arena,
    dna_value *optimizer, dna_log *log) DNA_MUST_CHECK;
/** The losses of learned_params; and, of a training config, all of the above, the
 * transforms, and train_mean with train_std. Completes everything in place. */
int dna_parts_check(
    dna_arena *arena, dna_value *config, bool is_training, dna_log *log) DNA_MUST_CHECK;

#endif
