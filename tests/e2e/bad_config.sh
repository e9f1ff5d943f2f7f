# bad_config.sh - configs and options that cannot work: one clear line, status 1, nothing lost.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
: | small_spidna m

# files
refused 'none.yml' preprocess none.yml
refused 'none.yml' train none.yml
mkdir folder.yml
refused 'folder.yml' preprocess folder.yml
refused 'm: ' preprocess m
echo 'a: [1' > cut.yml
refused 'cut.yml' train cut.yml
echo 'inherit: b.yml' > a.yml
echo 'inherit: a.yml' > b.yml
refused 'a.yml' preprocess a.yml
echo 'inherit: nowhere.yml' > c.yml
refused 'nowhere.yml' train c.yml
refused 'net.txt' train net.txt
refused 'bad/name' init bad/name

# simulations: SETTINGS TEXT refuses them before anything is drawn
sim() {
    printf 'simulator_name: coalescent\ndata_root: .\ndataset_name: s\n' > s.yml
    printf 'scenario_params_path: s.csv\ndata_source: {format: dnadna}\n%s\n' "$1" >> s.yml
    refused "$2" config s.yml
    refused "$2" simulation run s.yml
    [ ! -e s.csv ] || fail "a table was written"
}
sim 'n_samples: 4' 's.yml:1: demography: is required'
sim 'demography: {model: constant, size: N}' 's.yml:6: demography.size: "N": there is no value "N"'
sim 'demography: {model: constant, size: {uniform: [3, 2]}}' 'demography.size: uniform: low 3 is above high 2'
sim 'demography: {sizes: [1, 2], times: [0, -5]}' 's.yml:6: demography.times[1]: -5 is not a time'
sim 'demography: {demes: none.yml}' 'none.yml does not exist'
printf 'time_units: generations\ndemes:\n- {name: a, epochs: [{start_size: 9, size_function: linear}]}\n' > d.yml
sim 'demography: {demes: d.yml}' 'd.yml:3: demes[0].epochs[0]: size_function linear is not supported'

# preprocessing: FIELD TEXT refuses the config with FIELD added (inherited keys give way)
pre() {
    printf 'inherit: m/m_preprocessing_config.yml\nmodel_root: m\n%s\n' "$1" > p.yml
    refused "$2" preprocess p.yml
}
pre 'dataset_splits: {training: 0.9, validation: 0.3}' 'the proportions add up to 1.2'
pre 'dataset_splits: {training: half}' '"half" is not a number'
pre 'preprocessing: {min_snp: 0}' 'min_snp'
pre 'preprocessing: {min_snp: 100000}' 'no scenario is usable'
pre 'learned_params!: {height: {type: regression}}' 'height'
pre 'learned_params!: {}' 'learned_params'
pre 'learned_params: {event_time: {loss_func: Elastic}}' 'unknown loss "Elastic"'
pre 'learned_params: {event_time: {loss_func: Cross Entropy}}' 'is no loss for a regression'
pre 'learned_params: {event_time: {typ: regression}}' 'typ'
printf 'inherit: m/m_preprocessing_config.yml\nmodel_root: nowhere\n' > p.yml
refused 'nowhere' preprocess p.yml
pre 'dataset: {scenario_params_path: none.csv}' 'none.csv'
pre 'dataset: {data_root: nowhere}' 'p.yml:3: dataset.data_root: '
[ "$(grep -c WARNING err)" = 0 ] || fail "a warning for each scenario"
pre 'dataset: {data_root: p.yml}' 'p.yml is not a folder'
printf 'inherit: m/m_preprocessing_config.yml\nmodel_root: p.yml\n' > p.yml
refused 'p.yml:2: model_root: ' preprocess p.yml
printf 'inherit: m/spidna.yml\nmodel_root: p.yml\n' > t.yml
refused 't.yml:2: model_root: ' train t.yml
printf 'inherit: m/spidna.yml\ndataset: {data_root: nowhere}\n' > t.yml
refused 't.yml:2: dataset.data_root: ' train t.yml
pre 'dataset_splits!: {training: 0.98, validation: 0.01}
preprocessing: {min_snp: 1, seed: 1}
learned_params!: {event_time: {type: regression, loss_func: MES}}' 'p.yml:5: learned_params.event_time.loss_func: unknown loss "MES"'
# splits that leave a set empty: the place of the splits, not only of the table
head -n 3 "$data/one_event_params.csv" > few.csv
pre 'dataset: {scenario_params_path: few.csv}
dataset_splits!: {training: 0.2, validation: 0.2, unused: 0.6}' 'p.yml:4: dataset_splits: of 2 scenarios none is left for the training set'
# keys of training are inherited by training, and silent here
printf 'inherit: m/m_preprocessing_config.yml\nmodel_root: m\nn_epochs: 2\nnetwork: {name: MLP}\nn_epoch: 3\n' > p.yml
ok preprocess p.yml
[ "$(grep -c 'WARNING;.*unknown key' err)" = 1 ] || fail "keys of training are unknown"
grep -q 'WARNING;.*n_epoch: unknown key, ignored; did you mean "n_epochs"' err || fail "no n_epochs"
# what cannot be learned, and what has no sample, is told
awk -F, -v OFS=, 'NR > 1 { $4 = 5 } NR == 4 { $7 = 0 } { print }' "$data/one_event_params.csv" > same.csv
printf 'inherit: m/m_preprocessing_config.yml\nmodel_root: m\ndataset: {scenario_params_path: same.csv}\n' > p.yml
ok preprocess p.yml
grep -q 'WARNING;  event_time: has not two different values in the training set' err || fail "a constant target"
grep -q 'WARNING;  scenario 2: n_replicates is 0' err || fail "no replicate"
# without a criterion there is no list of criteria
printf 'inherit: m/m_preprocessing_config.yml\nmodel_root: m\npreprocessing: {min_snp: null, min_indiv: null}\ndataset: {ignore_missing: yes}\n' > p.yml
ok preprocess p.yml
! grep -q 'a scenario is left out' err || fail "a list of nothing"
# a mistyped key only warns, and names the near one
printf 'inherit: m/m_preprocessing_config.yml\nmodel_root: m\npreprocesing: 3\n' > p.yml
ok preprocess p.yml
grep -q 'preprocesing.*preprocessing' err || fail "no near name"

# training
train() {
    printf 'inherit: m/spidna.yml\nmodel_root: m\n%s\n' "$1" > t.yml
    refused "$2" train t.yml
}
train 'batch_size: 0' 'batch_size'
train 'n_epochs: many' '"many" is not an integer'
train 'network: {name: SPIDNO}' 'unknown network "SPIDNO"'
train 'network: {params: {n_blocks: 5}}' 'needs at least 96'
train 'network: {params: {n_blocks: 5}}' 't.yml:3: network.params: '
train 'network: {params: {n_blocks: two}}' 'n_blocks'
train 'network!: {name: CNN}' 'network CNN'
train 'network!: {name: CustomCNN}' 'at least 90'
printf 'dataset_transforms: [{crop: {max_snp: 90}}]\nnetwork!: {name: CustomCNN}\n' > extra
train "$(cat extra; echo 'batch_size: 1')" 'cannot train on one sample'
train 'optimizer: {name: Adama}' 'unknown optimizer "Adama"'
train 'optimizer: {name: LBFGS}' 'LBFGS cannot be used: it evaluates the loss many times'
train 'optimizer: {name: rprop, params: {etas: [1.5, 2]}}' 'the first of etas must be below 1'
train 'optimizer: {params: {learning_rate: fast}}' 'optimizer.params'
train 'lr_scheduler: {name: stairs}' 't.yml:3: lr_scheduler.name: "stairs" is not one of'
train 'lr_scheduler: {name: step}' 'lr_scheduler.params.step_size: is required but missing'
train 'gradient_clipping: {max_norm: -1}' 't.yml:3: gradient_clipping.max_norm: -1 is not above 0'
train 'gradient_clipping: {}' 't.yml:3: gradient_clipping: bounds nothing'
train 'early_stopping: {patience: 0}' 't.yml:3: early_stopping.patience: 0 is not at least 1'
train 'weight_averaging: {name: swa, decay: 0.9}' 't.yml:3: weight_averaging.decay: is a setting of ema'
train 'weight_averaging: {name: ema, start_epoch: 100}' 'is after the last epoch: n_epochs is'
train 'optimizer!: {name: SGD}' 'lr'
train 'optimizer!: {name: SGD, params: {lr: 0.1, nesterov: yes}}' 't.yml:3: '
train 'dataset_transforms: [{crop: {max_snps: 3}}]' 'did you mean "max_snp"'
train "model_filename_format: '{checkpoint}_{size}'" 't.yml:3: '
train 'dataset_transforms: [{crop: {max_snp: -1}}]' 'max_snp'
train 'dataset_transforms: [{shrink: 3}]' 'shrink'
train 'model_filename_format: net.pth' 'lacks the field {checkpoint}'
train "run_name_format: 'run_{run}'" 'unknown field {run}'
train 'run_id: a/b' "cannot be a folder's name"
train 'run_id: [1]' 'run_id'
train 'train_std: {event_time: 0}' 'train_std'
# none of these left a run behind
[ ! -d m/run_000 ] || fail "a run that could not begin left a folder"

# unknown settings of the optimizer and the network warn, with what they take
printf 'inherit: m/spidna.yml\nmodel_root: m\noptimizer!: {params: {lrate: 0.1}}\nnetwork: {params: {n_block: 2}}\n' > t.yml
ok train -r unknown t.yml
grep -q 'WARNING;  t.yml:3: optimizer.params.lrate: unknown key, ignored; known: lr, ' err || fail "lrate"
grep -q 'WARNING;  t.yml:4: network.params.n_block: unknown key, ignored; did you mean "n_blocks"' err || fail "n_block"
# a loss that is no number before any step is not blamed on the learning rate
train 'learned_params!: {event_time: {type: regression, loss_func: KL Div}}
train_mean: null
train_std: null' 'before any learning: the loss_func KL Div may not take these targets'

# divergence names the batch and the parameter, and keeps the last checkpoint
printf 'inherit: m/spidna.yml\nmodel_root: m\noptimizer: {params: {learning_rate: 1.0e+30}}\n' > t.yml
refused 'the loss of ' train t.yml
grep -q 'ERROR;  .*epoch 1.* batch ' err || fail "the batch is not named"

# ... also where the losses do not see it: weights without a gradient, 0 / 0
printf 'inherit: m/spidna.yml\nmodel_root: m\noptimizer: {params: {eps: 0}}\n' > t.yml
refused 'epoch 1, batch 1: tensor blocks.1.phi.weight: entry ' train t.yml
grep -q ' is nan; ' err || fail "$(cat err)"

# both names of the learning rate: a warning
printf 'inherit: m/spidna.yml\nmodel_root: m\noptimizer!: {name: Adam, params: {lr: 0.1, learning_rate: 0.001}}\n' > t.yml
ok train -r lr t.yml
grep -q 'WARNING;.*learning_rate is used' err || fail "no warning of two learning rates"
# ... but a nearer lr replaces an inherited learning_rate, as any key does
printf 'inherit: m/spidna.yml\nmodel_root: m\noptimizer: {params: {lr: 0.125}}\n' > t.yml
ok train -r near t.yml
! grep -q 'learning_rate is used' err || fail "a warning of an inherited learning_rate"
grep -q '^ *lr: 0.125' m/run_near/*_final_config.yml || fail "an inherited learning_rate counts"
printf 'inherit: t.yml\noptimizer: {params: {learning_rate: 0.25}}\n' > t2.yml
ok config --no-origin t2.yml
grep -q '^ *lr: 0.25$' out || fail "an inherited lr counts"
# flags in all spellings, GPU keys with one line
printf 'inherit: m/spidna.yml\nmodel_root: m\nuse_cuda: yes\ncuda_device: 0\n' > t.yml
ok train -r cuda t.yml
[ "$(grep -c 'CPU only' err)" = 1 ] || fail "not one line about the CPU"
