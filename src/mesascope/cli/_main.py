"""The command line: parse, call, print. Heavy imports wait until a command needs them."""

import contextlib
import os
import pathlib
import signal
import sys
import threading
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from .. import __version__
from ._measure import Request
from ._surroundings import fault_around, flush, lose_no_output, output_fails, working_directory_is_gone

HELP = """Under which conditions does learning produce an algorithm that itself optimizes, and by how much?

Start with `mesascope run diversity`."""

app = App(name="mesascope", version=__version__, help=HELP, help_format="markdown", suppress_keyboard_interrupt=False)

Out = Annotated[pathlib.Path, Parameter(name="--out", help="Folder of the records; made if it does not exist.")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON object and nothing else.")]
Workers = Annotated[int | None, Parameter(help="Processes; one a core unless said otherwise.")]
Track = Annotated[
    Literal["tensorboard", "wandb"] | None, Parameter(help="Also show the records to a tracker, in a folder of --out.")
]
DEFAULT_OUT = pathlib.Path("mesascope-runs")


@app.command
def run(
    conditions: Annotated[list[str], Parameter(negative="", help="Names of conditions; see `mesascope list`.")],
    /,
    *,
    profile: Annotated[str, Parameter(help="How much to run: smoke, quick, standard or full.")] = "quick",
    out: Out = DEFAULT_OUT,
    set_: Annotated[
        tuple[str, ...],
        Parameter(name="--set", negative="", help="Change a setting, as key=value; then there is no verdict."),
    ] = (),
    dry_run: Annotated[bool, Parameter(negative="", help="Say what would be trained, and change nothing.")] = False,
    workers: Workers = None,
    device: Annotated[Literal["cpu", "gpu"], Parameter(help="On a GPU, trials of a program train at once.")] = "cpu",
    executor: Annotated[Literal["local", "ray", "slurm"], Parameter(help="Where trials run.")] = "local",
    address: Annotated[str | None, Parameter(help="Of a Ray cluster: HOST:PORT, ray://HOST:PORT or auto.")] = None,
    track: Track = None,
    json: Json = False,
) -> None:
    """Run conditions: train what is missing, give the verdict, write the page.

    The same command given again resumes and repeats no finished trial.

    Example: `mesascope run diversity --profile quick --out mesascope-runs`
    """
    from ._executors import executor_of
    from ._run import dry_run as say_plan, run_conditions

    overrides = dict(_pair(text) for text in set_)
    count = _processes(workers)
    if dry_run:
        say_plan(conditions, profile, out, overrides, count, json)
    else:
        trials_run_on = executor_of(executor, workers, device, address)
        run_conditions(conditions, profile, out, overrides, trials_run_on, count, track, json)


@app.command(name="list")
def list_(
    room: Literal["conditions", "tasks", "models", "bases", "organisms", "computations", "records"] = "conditions",
    /,
    *,
    out: Out = DEFAULT_OUT,
    json: Json = False,
) -> None:
    """List conditions with their verdicts; tasks, models, bases, organisms, computations; or the records of a folder.

    Example: `mesascope list records --out mesascope-runs`
    """
    from ._list import list_room
    from ._records import list_records

    if room == "records":
        list_records(out, json)
    else:
        list_room(room, out, json)


@app.command
def bits(
    task: Annotated[str, Parameter(help="A task with a text form: maze.")],
    /,
    *,
    instances: Annotated[pathlib.Path, Parameter(help="Text file of mazes, separated by empty lines.")],
    horizon: Annotated[int | None, Parameter(help="Moves allowed; twice the number of cells unless given.")] = None,
    by: Annotated[
        int | None, Parameter(help="Report P(goal within T moves) under the reference, and its bits.")
    ] = None,
    policy: Annotated[
        str, Parameter(help="uniform, optimal, or MODULE:NAME of (observation, key) -> probabilities.")
    ] = "optimal",
    reference: Annotated[
        Literal["action", "policy"],
        Parameter(help="A fresh random action at every visit, or a random deterministic policy."),
    ] = "action",
    json: Json = False,
) -> None:
    """Count a policy's optimization power in bits, exactly.

    Example: `mesascope bits maze --instances maze.txt --policy optimal`
    """
    from ._bits import bits_of_file

    for name, value in (("--horizon", horizon), ("--by", by)):
        if value is not None and value < 1:
            raise ValueError(f"{name} {value}: at least one move is needed.")
    bits_of_file(task, instances, horizon, by, policy, reference, json)


@app.command
def measure(*, request: Request = Request(), json: Json = False) -> None:
    """Measure your own agent, weights or table of outcomes in bits against random behaviour.

    Give one of `--gym` with `--agent`, `--weights`, `--table`.

    Example: `mesascope measure --table outcomes.csv --json`

    Example: `mesascope measure --gym CartPole-v1 --agent ppo.zip --episodes 8`
    """
    from ._measure import measure_request

    measure_request(request, json)


@app.command
def calibrate(
    *,
    profile: Annotated[str, Parameter(help="How much to run: smoke, quick, standard or full.")] = "standard",
    out: Out = DEFAULT_OUT,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Measure planted algorithms whose power is known: expected, measured, error rates.

    Example: `mesascope calibrate --out mesascope-runs`
    """
    from ._calibrate import calibrate as run_calibration

    run_calibration(profile, out, _processes(workers), json)


@app.command
def organisms(
    *,
    out: Annotated[pathlib.Path, Parameter(name="--out", help="New or empty folder of the files.")],
    json: Json = False,
) -> None:
    """Write planted networks with labels, to try other detectors of search on: weights, examples, equations.

    Example: `mesascope organisms --out planted-networks`
    """
    from ._organisms import write_organisms

    write_organisms(out, json)


@app.command
def theory(
    *,
    cost: Annotated[str, Parameter(help="linear:a=  fixed:c=,a=  power:a=,k=  exponential:a=,b=")],
    power: Annotated[float, Parameter(help="P, bits of the base optimizer.")],
    instances: Annotated[float, Parameter(help="N, distinct instances.")],
    page: Annotated[pathlib.Path | None, Parameter(help="Also write a page with sliders to this file.")] = None,
    out: Annotated[pathlib.Path | None, Parameter(help="Also write tables and figures over N and P to here.")] = None,
    json: Json = False,
) -> None:
    """Solve the post's equation: how many bits go into tuning, how many are performed at run time.

    Example: `mesascope theory --cost power:a=0.5,k=2 --power 1000 --instances 20`
    """
    from ._theory import theory as solve, write_figures, write_page

    solve(cost, power, instances, json)
    if page is not None:
        write_page(cost, power, instances, page)
    if out is not None:
        write_figures(cost, power, instances, out)


@app.command
def report(directory: pathlib.Path, /, *, json: Json = False) -> None:
    """Write the pages of a folder's findings anew from its records.

    Of a published folder, also check that its finding and tables follow from its records to the byte.

    Example: `mesascope report mesascope-runs`
    """
    from ._stores import report_folder

    report_folder(directory, json)


@app.command
def publish(
    name: Annotated[str, Parameter(help="A condition that was run; see `mesascope list`.")],
    /,
    *,
    out: Out = DEFAULT_OUT,
    to: Annotated[pathlib.Path, Parameter(help="New or empty folder, or one that was published before.")],
    json: Json = False,
) -> None:
    """Write a finding with the records that it is made of, so that others can check it without a store.

    Example: `mesascope publish diversity --out mesascope-runs --to results/diversity`
    """
    from ._stores import publish_finding

    publish_finding(name, out, to, json)


@app.command
def remeasure(directory: pathlib.Path, /, *, json: Json = False) -> None:
    """Measure finished trials again where the measures have changed; nothing is trained.

    Example: `mesascope remeasure mesascope-runs`
    """
    from ._stores import remeasure_store

    remeasure_store(directory, json)


@app.command
def export(directory: pathlib.Path, /, *, track: Track = None, json: Json = False) -> None:
    """Write the summaries of a folder's records as one CSV and one parquet file.

    Example: `mesascope export mesascope-runs --track tensorboard`
    """
    from ._export import export_store

    export_store(directory, track, json)


@app.command
def bench(
    names: Annotated[
        list[str] | None,
        Parameter(negative="", help="step, population, cost, ledger, mazes, store, executors; all unless given."),
    ] = None,
    /,
    *,
    device: Annotated[Literal["cpu", "gpu"], Parameter(help="What to measure; on a processor one thread.")] = "cpu",
    out: Annotated[pathlib.Path | None, Parameter(help="Also write bench.json and a table to this folder.")] = None,
    json: Json = False,
) -> None:
    """Measure speed and cost as ratios in one run, against matrix products, other tools, and sizes.

    What is not installed is said to be not measured. Takes some minutes.

    Example: `mesascope bench step ledger --json`
    """
    from ._bench import run_bench

    run_bench(names or [], device, out, json)


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit status: 0 success, 1 failure, 2 usage error, 130 interrupted."""
    lose_no_output()
    try:
        with _ended_as_interrupted():
            app(arguments, exit_on_error=False, print_error=True, result_action="return_value")
        flush()
    except CycloptsError:
        return 2
    except ValueError as error:
        return _complain(error, 2)
    except BrokenPipeError:
        # whoever read the output has seen enough; nothing is left to flush at exit
        output_fails()
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command resumes", file=sys.stderr)
        return 130
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        return _complain(reason, 1)
    return 0


def _reason(error: Exception) -> str | None:
    """Why a command failed, in one line with the remedy; None where it is a fault of this program."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; choose another place, or mend this one."
    if isinstance(error, OSError) and output_fails():
        return (
            f"standard output cannot be written: {error.strerror}. What was stored is safe: make room, or send the "
            "output elsewhere, and give the same command again."
        )
    if type(error).__name__ in ("StoreError", "SweepError"):
        return str(error)
    return fault_around(error)


@contextlib.contextmanager
def _ended_as_interrupted():
    """A lost connection or a shutdown ends workers, actors and job arrays as an interrupt from the keyboard does.

    What the caller handles or ignores, as under nohup, stays as it is.
    """
    ours = [ending for ending in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(ending) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        ours = []
    for ending in ours:
        signal.signal(ending, signal.default_int_handler)
    try:
        yield
    finally:
        for ending in ours:
            signal.signal(ending, signal.SIG_DFL)


def _processes(workers: int | None) -> int:
    count = workers if workers is not None else len(os.sched_getaffinity(0))
    if count < 1:
        raise ValueError(f"--workers {count}: at least one process is needed.")
    return count


def _complain(error: Exception | str, status: int) -> int:
    gone = " The working directory no longer exists: change to one that does." if working_directory_is_gone() else ""
    # where standard error cannot be written either, the exit status is all that is left
    with contextlib.suppress(OSError):
        print(f"mesascope: {error}{gone}", file=sys.stderr)
    return status


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ValueError(f"--set {text}: give key=value.")
    return key, value
