"""JSON that is valid and not ours, by some thousand seeded mutations: named and passed over, never a traceback."""

import copy
import json
import random

import numpy as np
import pytest

from mesascope.base import BASES
from mesascope.cli import main
from mesascope.cli._stores import condition_of
from mesascope.lab import Store, StoreError, Training, describe, from_description, trial_id
from mesascope.models import MODELS
from mesascope.tasks import TASKS

METRICS = {"view": np.array(["own"], object), "step": np.array([1]), "index": np.array([0]), "bits": np.array([1.5])}
OTHER = (None, [], {}, "", "x", -1, 2.5, True, [None], {"kind": None}, {"name": []})


def trial(seed: int) -> Training:
    parts = TASKS.build("maze", {}), MODELS.build("tabular", {}), BASES.build("policy-gradient", {})
    return Training(*parts, 8, seed)


def record(one: Training) -> dict:
    row = {"view": "own", "step": 1, "index": 0, "instances": 1, "bits": 1.5, "bits_5": 1, "success": 1, "utility": -1}
    known = {"id": trial_id(one), "status": "finished", "trial": describe(one), "steps": 1, "summary": [row]}
    return known | {"versions": {"mesascope": "0"}, "device": "cpu", "seconds": {"train": 1.0, "measure": 1.0}}


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield from places(part, (*path, key))


def mutated(value, dice: random.Random):
    """A copy with something else, or nothing, in one place."""
    value, path = copy.deepcopy(value), dice.choice(list(places(value)))
    other = dice.choice(OTHER)
    if not path:
        return other
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    if dice.random() < 0.3:
        del parent[path[-1]]
    else:
        parent[path[-1]] = other
    return value


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def store(tmp_path) -> Store:
    made = Store(tmp_path / "runs")
    for seed in range(2):
        made.publish(trial(seed), record(trial(seed)), METRICS, {"000001/w": np.zeros(1)})
    return made


def test_a_description_is_made_or_refused():
    dice, refused = random.Random(0), 0
    for _ in range(1500):
        values = mutated(describe(trial(0)), dice)
        try:
            trial_id(from_description(values))
        except ValueError:
            refused += 1
    assert refused > 1000
    assert from_description(describe(trial(0))) == trial(0)
    nested = {}
    for _ in range(100_000):
        nested = {"kind": "training", "start": nested}
    with pytest.raises(ValueError):
        from_description(nested)


@pytest.mark.parametrize("name", ["record.json", "trial.json"])
def test_a_store_with_a_foreign_file_is_read_without_it(name, store, capsys):
    dice, file = random.Random(1), store.folder(trial(0)) / name
    whole = json.loads(file.read_text())
    for number in range(40):
        file.write_text(json.dumps(mutated(whole, dice)) if number else DEEP)
        for command in (("list", "records", "--out"), ("export",)):
            assert main([*command, str(store.path)]) == 0
            said = capsys.readouterr()
            assert len(said.err.strip().splitlines()) <= 1
        assert trial(1) in store.all_trials()
        assert trial(0) in store.all_trials() or trial_id(trial(0)) in said.err
    file.write_text("null")
    assert store.sorted_out() == ([trial(1)], [trial_id(trial(0))])
    if name == "record.json":
        with pytest.raises(StoreError, match="holds no record .*Move its folder away"):
            store.values(trial(0))


def test_a_foreign_finding_is_named_and_passed_over(store, capsys):
    file = store.path / "reports" / "diversity" / "finding.json"
    file.parent.mkdir(parents=True)
    dice, whole = random.Random(2), {"condition": "diversity", "profile": "smoke", "overrides": {"steps": "12"}}
    whole |= {"verdict": "supported"}
    for number in range(200):
        file.write_text(json.dumps(mutated(whole, dice)) if number else DEEP)
        try:
            assert condition_of(file)[0].name == "diversity"
        except StoreError as error:
            assert str(file) in str(error)
    for content in ("null", "[1]", DEEP, "{}"):
        file.write_text(content)
        assert main(["list", "--out", str(store.path)]) == 0
        assert f"passed over: {file}" in capsys.readouterr().err
        assert main(["report", str(store.path)]) == 1
        said = capsys.readouterr().err
        assert f"passed over: {file}" in said and "no finding that can be read" in said
