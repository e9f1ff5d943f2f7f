# ensemble.sh - several networks that answer together.
#
# SPDX-License-Identifier: MIT
set -eu
. "$(dirname "$0")/common.sh"

make_model
printf 'n_epochs: 1\n' | small_spidna m
ok train -r a m/spidna.yml
ok train -r b --set seed=8 m/spidna.yml
cat > m/mlp.yml << 'END'
inherit: m_training_config.yml
network: {name: MLP}
dataset_transforms: [{crop: {max_snp: 70}}, {snp_format: concat}]
n_epochs: 1
seed: 9
END
ok train -r c m/mlp.yml
a=m/run_a/m_run_a_best_net.safetensors
b=m/run_b/m_run_b_best_net.safetensors
c=m/run_c/m_run_c_best_net.safetensors

# means and deviations are those of the three answers; layers and transforms may differ
for net in a b c; do
    ok predict "$(eval echo \$$net)" "$data"/scenario_0[0-2]/*.npz
    cp out $net.csv
done
ok predict --also $b --also $c $a "$data"/scenario_0[0-2]/*.npz
head -1 out | grep -q '^path,event_time,event_time_sd,recent_size,recent_size_sd,event_size,event_size_sd$' ||
    fail "columns: $(head -1 out)"
paste -d, a.csv b.csv c.csv out | awk -F, '
    function near(x, y) { d = x - y; if (d < 0) d = -d; s = y < 0 ? -y : y; return d <= 1e-6 * (s + 1e-3) }
    NR > 1 {
        for (k = 2; k <= 4; k++) {
            x = $k; y = $(k + 4); z = $(k + 8)
            mean = (x + y + z) / 3
            sd = sqrt(((x - mean) ^ 2 + (y - mean) ^ 2 + (z - mean) ^ 2) / 2)
            if (!near($(12 + 2 * k - 2), mean) || !near($(12 + 2 * k - 1), sd)) { print; exit 1 }
        }
        n++
    }
    END { if (n != 9) exit 1 }' || fail "means or deviations"

# by scenario, too: statistics of means and of deviations
ok predict --by scenario --also $b $a "$data"/one_event_dataset_config.yml
head -1 out | grep -q ',event_time_sd_mean,' || fail "$(head -1 out)"

# what does not go together
sed 's/^inherit.*/&\nlearned_params!: {event_time: {type: regression, log_transform: true}}/' m/spidna.yml > m/one.yml
ok train -r one m/one.yml
refused 'predicts 1 parameters' predict --also m/run_one/m_run_one_best_net.safetensors $a "$data"/scenario_00/*.npz
refused '--raw and --also exclude each other' predict --raw --also $b $a "$data"/scenario_00/*.npz
refused 'none.safetensors' predict --also none.safetensors $a "$data"/scenario_00/*.npz
