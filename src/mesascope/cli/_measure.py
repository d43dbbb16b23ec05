"""mesascope measure: agents, weights and tables from elsewhere, in bits."""

import contextlib
import dataclasses
import inspect
import json
import pathlib
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from .. import __version__
from ._load import load, look_here

if TYPE_CHECKING:
    from ..foreign import Measurement

OTHERWISE = "there is no such file, and it is not MODULE:NAME."

QUIET = 5.0
"""Seconds before anything is said of progress, and between two lines in a log."""

FILES_THAT_RUN = (".pt", ".pth", ".pkl", ".pickle", ".ts", ".jit")
OF_PLAN = ("episodes", "seed", "draws", "repeats", "method", "ties", "particles", "tolerance")

OF_AGENTS = ("agent", "wrap", "utility", "score", "max_steps", "sample", "mask", "greedy", "wipe_memory")


def _option(text: str, **options):
    return Parameter(help=text, **options)


@Parameter(name="*")
@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """What the command line asked for; options that were not given are None, False or empty."""

    gym: Annotated[str | None, _option("A Gymnasium environment's id, or MODULE:ID.")] = None
    agent: Annotated[str | None, _option("A Stable-Baselines3 zip file, or MODULE:NAME of a policy.")] = None
    weights: Annotated[pathlib.Path | None, _option("weights.safetensors of a trial's folder.")] = None
    table: Annotated[pathlib.Path | None, _option("CSV or parquet with instance, policy, utility.")] = None
    reference: Annotated[str, _option("Of a table: the policy whose rows are the reference.")] = "random"
    episodes: Annotated[int | None, _option("Instances: reset seeds from --seed on. [default: 16]")] = None
    seed: Annotated[int | None, _option("Of the first instance and all dice. [default: 0]")] = None
    method: Annotated[
        Literal["auto", "monte-carlo", "splitting"] | None,
        _option("How rare outcomes of the reference are counted; auto splits where draws do not reach."),
    ] = None
    draws: Annotated[int | None, _option("Reference episodes of each instance. [default: 1000]")] = None
    particles: Annotated[int | None, _option("Episodes that splitting keeps at once. [default: 200]")] = None
    repeats: Annotated[int | None, _option("Episodes of the policy; 10 if it is random, else 1.")] = None
    ties: Annotated[Literal["conservative", "mid"] | None, _option("Ties count whole, or half.")] = None
    tolerance: Annotated[
        float | None, _option("Utilities that differ by no more are tied. [default: what rounding can do]")
    ] = None
    utility: Annotated[str | None, _option("MODULE:NAME of (env, rewards) -> number; else the return.")] = None
    score: Annotated[str | None, _option("MODULE:NAME of (env) -> number, which guides splitting.")] = None
    thinking: Annotated[str | None, _option("Amounts of thinking, as in 0,1,4: gives the curve.")] = None
    signs: Annotated[bool, _option("Of weights: surplus, internal bits, signs of search.", negative="")] = False
    max_steps: Annotated[int | None, _option("Episodes are cut there; else they end by themselves.")] = None
    sample: Annotated[bool, _option("Draw the actions of a Stable-Baselines3 agent.", negative="")] = False
    mask: Annotated[
        str | None, _option("Where legal actions are read: auto, none, info, attribute, observation, or a name.")
    ] = None
    greedy: Annotated[bool, _option("Take a module's best action, as of Q-values.", negative="")] = False
    wipe_memory: Annotated[
        bool, _option("Begin an episode at every step for the policy: a control for its memory.", negative="")
    ] = False
    wrap: Annotated[tuple[str, ...], _option("MODULE:NAME of a wrapper; repeatable.", negative="")] = ()

    def plan(self) -> dict:
        """The settings that were given."""
        values = {name: getattr(self, name) for name in OF_PLAN if getattr(self, name) is not None}
        return values if self.thinking is None else values | {"thinking": _numbers(self.thinking)}


def measure_request(request: Request, as_json: bool) -> None:
    """Measures and prints."""
    given = [f"--{name}" for name in ("gym", "weights", "table") if getattr(request, name) is not None]
    if len(given) != 1:
        raise ValueError(
            f"measure: give one of --gym with --agent, --weights, --table; given: {' and '.join(given) or 'none'}."
        )
    # what others print while they are imported or played is no result
    with contextlib.redirect_stdout(sys.stderr):
        measurement = _measured(request, given[0])
    print(json.dumps(measurement.as_dict() | {"version": __version__}) if as_json else measurement)


def _measured(request: Request, source: str) -> "Measurement":
    from ..foreign import measure_table, measure_weights

    _refuse_idle(request, source)
    if source == "--table":
        return measure_table(request.table, reference=request.reference, **request.plan())
    if request.reference != "random":
        raise ValueError(f"--reference {request.reference}: with {source} it is random; others are for --table.")
    if source == "--weights":
        return measure_weights(request.weights, **request.plan(), signs=request.signs)
    return _measured_agent(request)


def _refuse_idle(request: Request, source: str) -> None:
    """Refuses options that would change nothing."""
    if request.signs and source != "--weights":
        raise ValueError(f"--signs: is for --weights, and means nothing with {source}; leave it out.")
    if source == "--gym":
        if request.agent is None:
            raise ValueError("--gym: say who plays with --agent FILE or --agent MODULE:NAME.")
        return
    of_agents = {name: getattr(request, name) for name in OF_AGENTS}
    known = {"--table": ("ties", "tolerance"), "--weights": ("thinking",)}[source]
    idle = [name for name, value in of_agents.items() if value] + [name for name in request.plan() if name not in known]
    if idle:
        raise ValueError(f"--{idle[0].replace('_', '-')}: is for --gym, and means nothing with {source}; leave it out.")


def _measured_agent(request: Request) -> "Measurement":
    from ..foreign import Plan, make, measure_agent

    # an installed command does not look for modules in the current folder by itself
    look_here()

    def environment():
        env = make(request.gym)
        for wrapper in request.wrap:
            env = _wrapped(env, wrapper)
        return env

    progress = _Progress()
    try:
        return measure_agent(
            environment,
            _agent(request.agent, environment),
            Plan(**request.plan()),
            name=request.agent,
            utility=load(request.utility, "--utility", OTHERWISE) if request.utility else None,
            score=load(request.score, "--score", OTHERWISE) if request.score else None,
            max_steps=request.max_steps,
            sample=request.sample,
            mask=request.mask or "auto",
            greedy=request.greedy,
            wipe_memory=request.wipe_memory,
            progress=progress.tell,
        )
    finally:
        progress.end()


def _wrapped(env, wrapper: str):
    try:
        return load(wrapper, "--wrap", OTHERWISE)(env)
    except (TypeError, AssertionError, AttributeError) as error:
        raise ValueError(f"--wrap {wrapper}: does not fit the environment ({_first_line(error)}).") from None


def _agent(named: str, environment: Callable):
    from ..foreign import load_sb3

    path = pathlib.Path(named)
    kind = path.suffix.lower()
    if kind in FILES_THAT_RUN:
        raise ValueError(
            f"--agent {named}: such a file either executes code when it is opened or lacks the network's architecture; "
            "give MODULE:NAME of a module that you build and load yourself."
        )
    if kind == ".zip" or path.is_file():
        if not path.is_file():
            raise ValueError(f"--agent {named}: there is no such file.")
        with contextlib.closing(environment()) as env:
            return load_sb3(path, env)
    found = load(named, "--agent", OTHERWISE)
    return found() if _makes_a_policy(found) else found


def _makes_a_policy(found: object) -> bool:
    """Whether it is a function or class that is called without arguments to get the policy."""
    if callable(getattr(found, "predict", None)) and not inspect.isclass(found):
        return False
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return False
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)


class _Progress:
    """Tells on standard error how far a measurement is, once it takes over five seconds."""

    def __init__(self):
        self._began = self._said = time.monotonic()
        self._live = sys.stderr.isatty()
        self._open = False

    def tell(self, done: float, total: int) -> None:
        now = time.monotonic()
        elapsed = now - self._began
        # before a fiftieth is done, loading outweighs what it would be judged by
        if now - self._said < (0.5 if self._open and self._live else QUIET) or done < total / 50:
            return
        self._said, self._open = now, True
        from ._progress import duration

        left = duration(elapsed * (total - done) / done)
        line = f"{int(done)} of {total} instances measured; about {left} left"
        print(f"\r{line}\033[K" if self._live else line, end="" if self._live else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._open and self._live:
            print(file=sys.stderr)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"--thinking {text}: give whole numbers, separated by commas, as in 0,1,4.") from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
