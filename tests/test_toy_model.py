"""The equation put to the test on records of which the true explanation is known."""

import dataclasses
import json

import numpy as np
import pytest

from mesascope.cli import main
from mesascope.conditions import CONDITIONS, settings
from mesascope.lab import Store, Training, checkpoint_steps, trial_id
from mesascope.theory import EXPLANATIONS, Curve, Curves

CEILING = 26.0
STEPS = checkpoint_steps(512)
CURVES = Curves(
    Curve(np.append(0, 64 * np.array(STEPS)), np.array([0, 1, 2, 3.5, 8, 18, 23])),
    Curve(np.append(0, STEPS), np.array([0, 2, 10, 20, 24, 25, 25.5])),
    CEILING,
)
CONDITION = settings(CONDITIONS["toy-model"], "standard", {}, "toy-model")


def publish(store: Store, trial: Training, novel: np.ndarray, tuned: np.ndarray, status: str = "finished") -> None:
    """A record whose networks have these bits at the checkpoints; its pool's mazes have twice the room of the novel."""
    rows = []
    for step, found, stored in zip(STEPS, novel, tuned):
        rows.append(("novel-tempered", step, 0, 0, found))
        # tuned bits count on the scale of the evaluation set, whose ceiling is half of this pool's
        rows.append(("own", step, 0, 0, found + 2 * stored))
        rows += [("sibling", step, seed, 0, found) for seed in range(5) if seed != trial.seed]
    rows += [("novel-ceiling", STEPS[-1], 0, 0, CEILING), ("own-ceiling", STEPS[-1], 0, 0, 2 * CEILING)]
    views, steps, indices, instances, bits = zip(*rows)
    metrics = {
        "view": np.array(views, object),
        "step": np.array(steps, np.int32),
        "index": np.array(indices, np.int32),
        "instance": np.array(instances, np.int32),
        "bits": np.array(bits, float),
        "success": np.ones(len(rows)),
        "utility": np.ones(len(rows)),
    }
    values = {"id": trial_id(trial), "status": status, "steps": STEPS[-1], "summary": [], "measure_version": 1}
    values |= {"seconds": {"train": 1.0, "measure": 1.0}, "versions": {}, "host": "nowhere"}
    store.publish(trial, values, metrics, {})


def planted(store: Store, explanation, condition=CONDITION, seeds: int = 5, order_gap: float = 0.0) -> None:
    """Records on which an explanation is true, but for a seed's own shift by up to a fifth of a bit."""
    for size, trials in condition.groups().items():
        for trial in trials[:seeds]:
            novel, tuned = _truth(explanation, size, trial.batch)
            shift = np.random.default_rng([trial.seed, size or 0]).uniform(-0.2, 0.2, 2)
            publish(store, trial, np.maximum(novel + shift[0], 0), tuned + shift[1])
    for (first, then), trials in condition.order_arms().items():
        for trial in trials:
            late = 12.0 + order_gap * (first > then) + 0.1 * trial.seed
            publish(store, trial, np.where(np.array(STEPS) == 512, late, 7.0), np.zeros(len(STEPS)))
    for trial in condition.order_control():
        publish(store, trial, np.full(len(STEPS), 12.5 + 0.1 * trial.seed), np.zeros(len(STEPS)))


def _truth(explanation, size, batch):
    if size is None:
        return CURVES.run_time.bits[1:], np.zeros(len(STEPS))
    if size == 1:
        return np.zeros(len(STEPS)), CURVES.tuning.bits[1:]
    found = explanation.predict(np.array(STEPS) * float(batch), np.full(len(STEPS), float(size)), CURVES)
    return found.novel, found.tuned


def table(finding, name: str) -> list[dict]:
    found = next(t for t in finding.tables if t.name == name)
    return [dict(zip(found.heads, row)) for row in found.rows]


@pytest.mark.parametrize(
    "truth, verdict",
    [
        (EXPLANATIONS["equation"](), "supported"),
        (EXPLANATIONS["kinetic"](0.3), "contradicted"),
        (EXPLANATIONS["no run-time part"](0.001), "contradicted"),
    ],
    ids=["equation", "kinetic", "storing"],
)
def test_the_verdict_is_that_of_the_planted_truth(tmp_path, truth, verdict):
    store = Store(tmp_path)
    planted(store, truth, order_gap=5.0)
    finding = CONDITION.analyse(store)
    assert finding.verdict == verdict
    name = next(name for name, kind in EXPLANATIONS.items() if kind is type(truth))
    rows = {row["explanation"]: row for row in table(finding, "explanations")}
    assert rows[name]["verdict"] == "supported" and rows["equation"]["verdict"] == verdict
    assert f"Least error: {name}" in finding.reason or verdict == "supported"
    # half a bit of noise at most, and predictions from curves that have it
    assert float(rows[name]["error beyond noise"].split()[0]) < 0.3
    gap, control = table(finding, "order")[-2:]
    assert gap["says"].startswith("a lock-in") and gap["novel bits at the end"].startswith("5.0")
    assert control["says"].startswith("the lower rates explain")


@pytest.mark.parametrize("gap, says", [(0.0, "an allocation"), (-5.0, "the last pool decides")])
def test_the_order_arms_tell_history_from_none(tmp_path, gap, says):
    small = dataclasses.replace(CONDITION, sizes=(1, 64))
    planted(Store(tmp_path), EXPLANATIONS["equation"](), small, order_gap=gap)
    finding = small.analyse(Store(tmp_path))
    assert table(finding, "order")[-2]["says"].startswith(says)


def test_what_is_not_finished_or_diverged_is_left_out_and_said(tmp_path):
    store = Store(tmp_path)
    some = dataclasses.replace(CONDITION, sizes=(1, 64, 256, 1024))
    assert some.analyse(store).verdict is None
    for size, trials in some.groups().items():
        for trial in trials if size != 256 else trials[:3]:
            status = "diverged" if (size, trial.seed) == (1024, 1) else "finished"
            publish(store, trial, *_truth(EXPLANATIONS["equation"](), size, trial.batch), status)
    finding = some.analyse(store)
    assert {row["N"] for row in table(finding, "cells")} == {64}
    assert any("1 trainings diverged" in remark for remark in finding.remarks)
    assert any("2 values of N" in remark for remark in finding.remarks)


def test_the_control_of_the_order_arms_learns_as_much_as_their_second_half():
    """The sum of the rates, which is how far the steps of a normalized gradient reach."""
    plain, control = CONDITION.groups()[4096][0].base, CONDITION.order_control()[0].base

    def rates(base, first):
        steps = np.arange(first, base.steps)
        progress = np.clip((steps - base.warmup) / (base.steps - base.warmup), 0, 1)
        falling = 0.05 + 0.95 * (1 + np.cos(np.pi * progress)) / 2
        return base.learning_rate * np.minimum((steps + 1) / base.warmup, falling)

    assert control.steps == plain.steps // 2
    assert np.sum(rates(control, 0)) == pytest.approx(np.sum(rates(plain, plain.steps // 2)), rel=1e-3)


def test_grids_that_measure_no_curve_are_refused_by_name():
    for overrides, message in (
        ({"sizes": "16,64"}, "rise from 1"),
        ({"sizes": "1"}, "rise from 1"),
        ({"order": "64,16"}, "few instances and then many"),
        ({"seeds": "6"}, "choose fewer"),
    ):
        with pytest.raises(ValueError, match=message):
            settings(CONDITIONS["toy-model"], "quick", overrides, "toy-model")


def test_the_trainings_of_diversity_are_used_again():
    ours = {trial_id(trial) for trial in CONDITION.sweep()}
    theirs = {trial_id(trial) for trial in settings(CONDITIONS["diversity"], "standard", {}, "diversity").sweep()}
    # six values of N and unlimited ones, at five seeds
    assert len(ours & theirs) == 35


def test_the_command_writes_a_page_with_prediction_and_measurement(tmp_path, capsys):
    store = Store(tmp_path / "store")
    planted(store, EXPLANATIONS["kinetic"](0.4))
    arguments = ["run", "toy-model", "--profile", "standard", "--out", str(store.path), "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["trials"]) == ("contradicted", len(CONDITION.sweep()))
    page = (store.path / "reports" / "toy-model" / "report.html").read_text(encoding="utf-8")
    assert "What the equation predicts" in page and page.count("<svg") == 2
