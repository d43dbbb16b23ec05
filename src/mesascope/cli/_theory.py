"""mesascope theory: what the toy model of section 2.1 says."""

import json
import pathlib
import sys

from ..report import write_theory, write_theory_page
from ..theory import ToyModel, Transition, parse_cost, transition


def theory(cost: str, power: float, instances: float, as_json: bool) -> None:
    """Prints the best allocation for a cost, and the numbers of instances at which it turns."""
    model = ToyModel(parse_cost(cost))
    found = model.solve(power, instances)
    result = {name: float(getattr(found, name)) for name in ("x", "tuned", "total", "share")}
    result["transition"] = _points(transition(model, power))
    if as_json:
        print(json.dumps(result))
        return
    _say(result, f"{cost}, power {power:g}, instances {instances:g}")
    for note in _notes(bool(found.tied), bool(found.extrapolated), result["transition"]):
        print(f"note: {note}")


def _points(turns: Transition) -> dict[str, float | None]:
    points = {name: float(getattr(turns, name)) for name in ("onset", "half", "saturation")}
    return {name: point if point == point else None for name, point in points.items()}


def _say(result: dict, heading: str) -> None:
    print(heading)
    for name, meaning in (
        ("x", "bits an instance at run time"),
        ("tuned", "bits an instance stored by training"),
        ("total", "bits an instance"),
        ("share", "of the total at run time"),
    ):
        print(f"{name:>10} {result[name]:>12.6g}  {meaning}")
    for name, point in result["transition"].items():
        print(f"{name:>10} {'none' if point is None else f'{point:.6g}':>12}  instances")


def _notes(tied: bool, extrapolated: bool, points: dict[str, float | None]) -> list[str]:
    notes = []
    if tied:
        notes.append("another x is exactly as good; the smallest is given.")
    if extrapolated:
        notes.append("x lies where the cost was not measured.")
    if points["onset"] is None and points["saturation"] is not None:
        notes.append("no onset: x is above 0 for any number of instances.")
    if points["onset"] is None and points["saturation"] is None:
        notes.append("no transition: this power pays for no run-time optimizer.")
    if any(point is not None and point < 1 for point in points.values()):
        notes.append("a transition below 1 is passed by a single instance.")
    return notes


def write_figures(cost: str, power: float, instances: float, folder: pathlib.Path) -> None:
    """Writes tables and figures around these values, and says where they are on standard error."""
    write_theory(folder, ToyModel(parse_cost(cost)), cost, power, instances)
    print(f"tables and figures  {folder}", file=sys.stderr)


def write_page(cost: str, power: float, instances: float, path: pathlib.Path) -> None:
    """Writes the page whose sliders begin at these values, and says where it is on standard error."""
    form, _, settings = cost.partition(":")
    values = {name.strip(): float(value) for name, _, value in (part.partition("=") for part in settings.split(","))}
    write_theory_page(path, {"form": form.strip(), "P": power, "N": instances} | values)
    print(f"page  {path}", file=sys.stderr)
