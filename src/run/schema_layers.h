/* schema_layers.h - the JSON Schema of networks made of layers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DNA_RUN_SCHEMA_LAYERS_H
#define DNA_RUN_SCHEMA_LAYERS_H

#include "config/json_schema.h"

/** Add network_layers and what it is made of to the definitions, from the table of layers;
 *  and any_network, any_network_complete: where there are layers or a file of them anything,
 *  else what network and network_complete say of the built-in ones. */
void dna_schema_layers(dna_schema *s, dna_value *definitions);

#endif
