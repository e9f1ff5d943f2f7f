#!/usr/bin/python3
"""schema.py - `dnadna schema` and `dnadna config` give the same verdict.

SPDX-License-Identifier: MIT

usage: schema.py PROGRAM FOLDER-OF-TEST-DATA CONFIG_VERDICTS

Takes valid configs of each kind, resolved by `dnadna config`, and thousands of mutations of
them: each key dropped, each value replaced by values of every type, numbers at and beside
every bound, other spellings of every word, unknown keys everywhere. For each, the checker of
the program and python3-jsonschema (a validator of other people) must agree, but for the
cross-field rules of EXCEPTIONS. Exits 77 (skipped) without python3-jsonschema or python3-yaml.
"""
import copy
import glob
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)

PROGRAM, DATA, VERDICTS = sys.argv[1:4]
EXAMPLES = os.path.join(DATA, "..", "..", "examples", "networks")
KINDS = ["dataset", "simulation", "preprocessing", "training", "training-run",
         "summary-statistics"]
# What the program refuses and a schema cannot say: part of the message, reason.
EXCEPTIONS = [
    ("the proportions add up to", "a sum over four keys"),
    ("train_mean and train_std come together", "one key asks for another"),
    ("which is learned", "names of train_mean against those of learned_params"),
    ("is there twice", "names over all entries of a list"),
    ("a pair rises", "one entry of a list against the other"),
    ("base pairs above the one before it", "one entry of a list against the other"),
    ("leaves nothing to draw", "upper_bound against size"),
    ("nesterov", "nesterov against momentum and dampening"),
    ("the first of step_sizes", "one entry of a list against the other"),
    (" weight for ", "class_weights against classes"),
    (" weights for ", "class_weights against classes"),
    ("the weights add up to", "a sum over a list"),
    # simulations: formulas, and one value against another
    ("is above tmax", "tmin against tmax"),
    ("is above n_max", "n_min against n_max"),
    ("is above size_max", "size_min against size_max"),
    ("is above high", "one argument of a distribution against another"),
    ("is not above 0", "arguments of a distribution"),
    ("is not a whole number", "arguments of a distribution"),
    ("sd ", "arguments of a distribution"),
    ("there is no value", "names in formulas"),
    ("is expected", "the grammar of formulas"),
    ("this is not a number at", "the grammar of formulas"),
    ("are more than 100000000", "the most scenarios there are"),
    ("is not a rate between", "a constant against its range"),
    ("is not from 1 to 1e15", "a constant against its range"),
    ("that belongs to no field", "the grammar of command lines"),
    ("temp_dir: ", "a folder that must be there"),
    ("is not a length above", "a constant against its range"),
    ("is not a size above", "a constant against its range"),
    ("is not a time from", "a constant against its range"),
    ("is not between 0 and 1", "a constant against its range"),
    ("n_samples: this is not", "populations of the model"),
    ("at least 2 are needed", "the sum of the samples"),
    (" genomes of ", "the number of a group"),
    ("is no parameter", "parameters against the model"),
    ("it is a parameter", "parameters against the model"),
    ("no sizes, no model", "one of several keys"),
    ("cannot be the name", "names of values"),
    ("the sample group", "times of samples"),
    ("is after the last epoch", "start_epoch against n_epochs"),
]
# What the program takes for text, though it is none, and a schema cannot: the length of
# `true` or of a number as text. Resolved it is text, which the schema accepts.
LOOSE = ["run_name_format"]
failures = []
CHECKS = {}  # kind -> validator


def run(*args):
    done = subprocess.run([PROGRAM, *args], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def fail(text):
    failures.append(text)
    print("FAILED:", text)


def validators():
    out = {}
    for kind in KINDS:
        status, text, _ = run("schema", kind)
        assert status == 0, kind
        schema = json.loads(text)
        assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
        assert schema["title"] and '"$id"' not in text
        jsonschema.Draft7Validator.check_schema(schema)
        out[kind] = jsonschema.Draft7Validator(schema)
    return out


# --- valid configs ------------------------------------------------------------------------

LEARNED = {
    "t": {"type": "regression", "log_transform": True, "loss_func": "Smooth L1"},
    "c": {"type": "classification", "classes": ["no", "yes", 3], "loss_weight": 0.5},
    "k": {"type": "classification", "classes": 4, "class_weights": "none"},
    "w": {"type": "classification", "classes": 2, "class_weights": [0.5, 2]},
}
DATASET = {
    "data_root": ".", "dataset_name": "d", "scenario_params_path": "p.csv",
    "data_source": {"format": "dnadna", "position_format": {"distance": False}},
    "position_format": {"normalized": True, "circular": None, "chromosome_size": 5,
                        "initial_position": 0.5},
}
MODEL = {
    "model_name": "m", "dataset": DATASET, "learned_params": LEARNED,
    "dataset_splits": {"training": 0.5, "validation": 0.25, "test": 0.25, "unused": 0},
    "preprocessing": {"min_snp": 3, "seed": 1},
}


def merged(*maps):
    out = {}
    for m in maps:
        out.update(copy.deepcopy(m))
    return out


def defaults_of(schema, definition):
    """What a table gives by default."""
    rows = schema["definitions"][definition]["properties"]
    return {key: row["default"] for key, row in rows.items() if "default" in row}


REQUIRED = {"step": {"step_size": 2}, "exponential": {"gamma": 0.5}}


def parts(schema, what):
    """(config, part) for each network or optimizer: its params one after another, in full;
    its other names and ways to say it, which are not mutated."""
    names = schema["definitions"][what]["properties"]["name"]["enum"]
    for name in filter(None, names):
        lr = REQUIRED.get(name, {"lr": 0.5} if what == "optimizer" else {})
        if what + "_" + name not in schema["definitions"]:
            yield merged(MODEL, {what: {"name": name, "params": lr}}), None
            continue
        params = dict(defaults_of(schema, what + "_" + name), **lr)
        params.pop("learning_rate", None)
        yield merged(MODEL, {what: {"name": name, "params": params}}), (what, "params")
        if what == "optimizer":
            yield merged(MODEL, {what: {"name": name, "params": {"learning_rate": 1}}}), None
            if name != "SGD":
                yield merged(MODEL, {what: {"name": name}}), None
        elif what == "network":
            yield merged(MODEL, {what: {"name": name}}), None


TRANSFORMS = [
    [{"crop": {"max_snp": 3}}, {"Subsample": {"size": [2, 3]}}, {"subsample": {"size": 2}},
     {"snp_format": "concat"}, "snp_format", {"rotate": None}, "Rotate", {"rotate": {}},
     {"validate_snp": False}, {"validate_snp": {"uniform_shape": True}}, {"crop": None},
     {"reformat_position": {"distance": True, "chromosome_size": 7.5}}],
    {"training": [{"crop": {"max_indiv": 5}}], "validation": None, "test": ["crop"]},
    {},
    [],
    None,
]


# What a simulator has beside its defaults.
SIMULATORS = {
    "coalescent": {"demography": {"model": "constant", "size": "2 * N"},
                   "parameters": {"N": {"uniform": [100, 200]}}, "conditions": ["N < 150"]},
    "command": {"command": "scrm {n_samples} 1 -t {N} -seed {seed}", "parameters": {"N": 5}},
}


def bases():
    """(kind, config, part): only what lies below the part is mutated; None: nothing."""
    small = os.path.join(DATA, "one_event_small", "one_event_dataset_config.yml")
    run("init", "generic")
    run("init", "--dataset-config", small, "m")
    run("preprocess", "--set", "preprocessing.seed=1", "m/m_preprocessing_config.yml")
    for kind, path in (("simulation", small), ("dataset", "generic/generic_dataset_config.yml"),
                       ("preprocessing", "generic/generic_preprocessing_config.yml"),
                       ("training", "m/m_training_config.yml")):
        yield kind, path, None if kind == "simulation" else ()
    yield "simulation", merged(DATASET, {"simulator_name": "s", "tmax": 5, "n_scenarios": 2,
                                         "seed": 1, "summary_statistics": {"a": 1}}), ()
    yield "summary-statistics", {"simulation": DATASET, "chromosome_size": 2e6,
                                 "ld_options": {"circular": False, "distance_bins": 5},
                                 "sel_options": {"window": None},
                                 "population_sizes": [2, 3]}, None
    schema = json.loads(run("schema", "simulation")[1])
    for name in schema["definitions"]:
        if name.startswith("simulator_"):
            own = defaults_of(schema, name)
            own.update(SIMULATORS.get(name[len("simulator_"):], {}))
            for key in own:
                yield "simulation", merged(
                    DATASET, {"simulator_name": name[len("simulator_"):]}, own), (key,)
    yield "preprocessing", MODEL, ()
    listed = merged(MODEL, {"learned_params": [{k: v} for k, v in LEARNED.items()]})
    yield "preprocessing", listed, ("learned_params",)
    fresh = {"fresh_samples": {"n_training": 5, "n_validation": 2, "n_test": 0, "n_replicates": 1,
                               "max_redraws": 0, "n_first_draw": 9, "first_draw_path": "t.csv",
                               "seed": 3}}
    yield "preprocessing", merged(MODEL, fresh), ("fresh_samples",)
    bare = {key: MODEL[key] for key in ("model_name", "dataset", "learned_params")}
    yield "preprocessing", merged(bare, fresh), ()
    yield "training", merged(bare, {"fresh_samples": {}}), ()
    yield "training", merged(MODEL, {"run_id": "x", "run_name": "r"}), ("run_id",)
    yield "training-run", merged(MODEL, {"run_id": 5, "run_name": "r", "train_mean": {"t": 1},
                                         "train_std": {"t": 2}}), None
    schema = json.loads(run("schema", "training")[1])
    for what in ("network", "optimizer", "lr_scheduler"):
        for config, part in parts(schema, what):
            yield "training", config, part
    yield "training", merged(MODEL, {"network": {"params": {"n_blocks": 3}}}), ("network",)
    yield "training", merged(MODEL, {"optimizer": {"params": {"lr": 1}}}), ("optimizer",)
    for value in (None, {"warmup_steps": 3}, {"name": None}, {"name": "cosine"},
                  {"name": None, "params": {}}, {"name": "step", "params": {"step_size": 1}}):
        yield "training", merged(MODEL, {"lr_scheduler": value}), ("lr_scheduler",)
    for key, value in (("gradient_clipping", {"max_norm": 1, "max_value": None}),
                       ("gradient_clipping", {"max_value": 1}),
                       ("early_stopping", {"patience": 3, "min_delta": 0.5}),
                       ("weight_averaging", {"name": "ema", "decay": 0.5, "start_epoch": 2}),
                       ("weight_averaging", {"name": "swa", "decay": None})):
        yield "training", merged(MODEL, {"n_epochs": 9, key: value}), (key,)
    sgd = {"name": "SGD", "params": {"lr": 1, "momentum": 0.5, "nesterov": True}}
    yield "training", merged(MODEL, {"optimizer": sgd}), ("optimizer",)
    for value in TRANSFORMS:
        yield "training", merged(MODEL, {"dataset_transforms": value}), ("dataset_transforms",)


# --- mutations ----------------------------------------------------------------------------

FEW = [None, True, "text", 0.5, 2, [], {}, [1, 2]]
OTHER = FEW + [False, "", "yes", 0, 1, -1, 5.0, 1.5, ["a"], [2, 1, 3], [None], [0.5, 0.25],
               {"a": 1}, {"type": "regression"}]


def bounds_of(schema, out):
    """All numbers that are a limit anywhere in a schema."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
                out.add(value)
            bounds_of(value, out)
    elif isinstance(schema, list):
        for value in schema:
            bounds_of(value, out)
    return out


def numbers(schema):
    out = set()
    for b in bounds_of(schema, set()):
        out.update([b - 1, b, b + 1])
        if abs(b) < 1e9:
            out.update([b - 0.001, b + 0.001])
    return sorted(out)


def limiting(schema, config, part):
    """The part of a schema whose bounds matter: that of the params, if only they change."""
    if part is not None and len(part) == 2:
        return schema["definitions"]["%s_%s" % (part[0], config[part[0]]["name"])]
    return schema


def spellings(word):
    return [word + "x", word.upper(), word.lower(), word.capitalize(), " " + word,
            word.replace(" ", "_"), word + "Loss", word + " loss_", word[:-1]]


def paths(value, at=()):
    yield at, value
    if isinstance(value, dict):
        for key in value:
            yield from paths(value[key], at + (key,))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from paths(item, at + (i,))


def parent_of(config, path):
    for step in path[:-1]:
        config = config[step]
    return config


def replaced(config, path, value):
    out = copy.deepcopy(config)
    parent_of(out, path)[path[-1]] = copy.deepcopy(value)
    return out


# Keys that training shares with preprocessing: they are mutated there.
SHARED = ["dataset", "learned_params", "dataset_splits", "preprocessing"]


def mutations(config, part, limits):
    for path, value in paths(config):
        if part is None or path[:len(part)] != part:
            continue
        if "network" in config and path[:1] and path[0] in SHARED and len(path) > 1:
            continue
        if isinstance(value, dict):
            out = copy.deepcopy(config)
            target = out
            for step in path:
                target = target[step]
            target["zzz_unknown"] = 1
            yield path + ("zzz_unknown",), out
            target["zzz_unknown"] = {"type": "regression"}
            yield path + ("zzz_unknown",), copy.deepcopy(out)
        if not path:
            continue
        out = copy.deepcopy(config)
        del parent_of(out, path)[path[-1]]
        yield path + ("dropped",), out
        others = list(FEW if len(part) == 2 else OTHER)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            others += limits
        if isinstance(value, str):
            others += spellings(value)
        if isinstance(value, list):
            others += [value[:-1], value + value[-1:], value + ["a"]]
        for other in others:
            yield path, replaced(config, path, other)
        if isinstance(path[-1], str) and "learned_params" in path:
            for name in ("scenario_idx", "n_replicates", "splits", ""):
                out = copy.deepcopy(config)
                parent = parent_of(out, path)
                parent[name] = parent.pop(path[-1])
                yield path + ("called " + name,), out


# --- the comparison -----------------------------------------------------------------------

def is_inexact(config):
    """Integers beyond 64 bits, and those written as floats beyond 2^53, which may not be what
    was written: the program refuses them, and a schema takes them for any other number."""
    return any(isinstance(v, float) and abs(v) > 2**53 or
               isinstance(v, int) and not -2**63 <= v < 2**63 for _, v in paths(config))


def compare(job):
    """Failures of one case, whether it is accepted, and why a difference is none."""
    kind, what, config, answer = job
    validator = CHECKS[kind]
    errors = [e.message[:300] for e in validator.iter_errors(config)]
    place = "%s %s: " % (kind, ".".join(map(str, what)))
    if not isinstance(answer, str):
        if errors and what[-1:] not in [(key,) for key in LOOSE]:
            return [place + "accepted, but the schema says: " + errors[0]], True, None
        if answer != config and not validator.is_valid(answer):
            return [place + "its resolved form is refused"], True, None
        return [], True, None
    if errors:
        return [], False, None
    why = next((text for text, _ in EXCEPTIONS if text in answer), None)
    if why is None and is_inexact(config):
        why = "a number that is not exact"
    if why is None:
        return [place + "the schema accepts what is refused: " + answer], False, None
    return [], False, why


def cases():
    """(kind, path of what is changed, config)"""
    seen = set()
    for kind, source, part in bases():
        if not isinstance(source, str):
            with open("base.json", "w", encoding="utf-8") as f:
                json.dump(source, f)
        path = source if isinstance(source, str) else "base.json"
        status, with_origin, err = run("config", "--kind", kind, path)
        if status != 0:
            fail("%s %s is refused: %s" % (kind, source, err))
            continue
        plain = run("config", "--kind", kind, "--no-origin", path)[1]
        config = yaml.safe_load(plain)
        if yaml.safe_load(with_origin) != config:
            fail("%s: the notes of the origin change the config" % path)
        with open("again.yml", "w", encoding="utf-8") as f:
            f.write(plain)
        if run("config", "--kind", kind, "--no-origin", "again.yml")[1] != plain:
            fail("%s: the resolved config resolves to another one" % path)
        if isinstance(source, dict):
            config = source  # as people write it: short
        limits = numbers(limiting(CHECKS[kind].schema, config, part))
        yield kind, ("base",), config
        for what, changed in mutations(config, part, limits):
            key = kind + json.dumps(changed)
            if key not in seen:
                seen.add(key)
                yield kind, what, changed


# Files as people write them: parts, with `inherit` and "key!". An editor must accept these
# and still see what is wrong in them.
FILES = [
    ("training", "{inherit: a.yml, network: {params: {n_blocks: 2}}, batch_size: 5}", True),
    ("training", "{inherit: [a.yml, b.yml]}", True),
    ("training", "{inherit: a.yml, optimizer: {name: SGD}}", True),
    ("training", "{inherit: a.yml, learned_params: {t: {loss_weight: 0.5}}}", True),
    ("training", "{inherit: a.yml, learned_params!: {t: {type: regression}}}", True),
    ("training", "{inherit: a.yml, dataset_splits: {test: 0.1}, preprocessing!: {}}", True),
    ("preprocessing", "{inherit: a.yml, dataset: {ignore_missing: true}}", True),
    ("training", "{inherit: a.yml, network: {file: my_net.yml, params: {n: 2}}}", True),
    ("training", "{inherit: a.yml, network: {name: mine, layers: [{op: relu}]}}", True),
    ("training", "{inherit: a.yml, network: {layers: [{repeat: 3, layers: [{op: relu}]}]}}",
     True),
    ("training", "{inherit: a.yml, network: {layers: [{op: gru, name: g, hidden: 2, layers: 2}]}}",
     True),
    ("training", "{inherit: a.yml, network: {layers: [{op: relo}]}}", False),
    ("training", "{inherit: a.yml, network: {layers: [{op: linear, name: a}]}}", False),
    ("training", "{inherit: a.yml, network: {layers: [{op: linear, out: 3}]}}", False),
    ("training", "{inherit: a.yml, network: {layers: [{op: relu, out: 3}]}}", False),
    ("training", "{inherit: a.yml, network: {layers: [{layers: [{op: relu}]}]}}", False),
    ("training", "{inherit: a.yml, network: {layers: []}}", False),
    ("training", "{inherit: a.yml, network: {file: a.yml, layers: [{op: relu}]}}", False),
    ("training", "{inherit: a.yml, batch_size: 0}", False),
    ("training", "{inherit: a.yml, network: {name: SPIDNO}}", False),
    ("training", "{inherit: a.yml, network: {name: SPIDNA, params: {n_blocks: 0}}}", False),
    ("training", "{inherit: a.yml, learned_params: {t: {los_weight: 0.5}}}", False),
    ("training", "{inherit: a.yml, learned_params: [{t: {loss_func: MSE}}]}", False),
    ("training", "{inherit: a.yml, dataset_splits: {tset: 0.1}}", False),
    ("training", "{inherit: 5}", False),
    ("training", "{batch_size: 5}", False),
]
NESTED = """
model_name: m
dataset: {inherit: d.yml, ignore_missing: true}
learned_params: {inherit: p.yml, t: {inherit: t.yml, loss_weight: 1}}
dataset_splits: {inherit: s.yml}
preprocessing: {inherit: f.yml}
"""


def check_files():
    for kind, text, is_valid in FILES + [("preprocessing", NESTED, True),
                                         ("training", NESTED, True)]:
        if CHECKS[kind].is_valid(yaml.safe_load(text)) != is_valid:
            fail("as a file: %s should be %s" % (text, "valid" if is_valid else "refused"))
    for path in glob.glob(os.path.join(EXAMPLES, "*.yml")):
        with open(path, encoding="utf-8") as f:
            network = yaml.safe_load(f)
        config = {"inherit": "a.yml", "network": network}
        for error in CHECKS["training"].iter_errors(config):
            fail("%s: %s" % (path, error.message[:300]))
    for kind, path in (("preprocessing", "generic/generic_preprocessing_config.yml"),
                       ("preprocessing", "m/m_preprocessing_config.yml"),
                       ("training", "m/m_training_config.yml")):
        with open(path, encoding="utf-8") as f:
            for error in CHECKS[kind].iter_errors(yaml.safe_load(f)):
                fail("%s, as it was written: %s" % (path, error.message[:300]))


def answers(jobs):
    """What the program says of each: a resolved config, or the text of an error."""
    for number, (_, _, config) in enumerate(jobs):
        with open("%d.json" % number, "w", encoding="utf-8") as f:
            json.dump(config, f)
    lines = "".join("%s %d.json\n" % (job[0], i) for i, job in enumerate(jobs))
    done = subprocess.run([VERDICTS], input=lines, capture_output=True, text=True)
    out = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(out) != len(jobs):
        fail("the checker ended: " + done.stderr)
        sys.exit(1)
    return out


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        CHECKS.update(validators())
        jobs = list(cases())
        check_files()
        jobs = [job + (answer,) for job, answer in zip(jobs, answers(jobs))]
        with multiprocessing.Pool() as pool:
            results = pool.map(compare, jobs, chunksize=50)
        os.chdir("/")
    for texts, _, _ in results:
        for text in texts:
            fail(text)
    n_accepted = sum(1 for _, accepted, _ in results if accepted)
    excused = {}
    for _, _, why in results:
        if why is not None:
            excused[why] = excused.get(why, 0) + 1
    print("%d configs: %d accepted, %d refused; excused: %s" % (
        len(results), n_accepted, len(results) - n_accepted, excused))
    if n_accepted < 200 or len(results) - n_accepted < 200:
        fail("too few of a verdict for a comparison")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
