"""How much optimization power does a Stable-Baselines3 agent have in a real MiniGrid environment, in bits?

    pip install 'mesascope[gym,sb3]'
    python examples/minigrid_sb3.py [--steps 60000] [--episodes 12] [--out results/minigrid]

Trains PPO on MiniGrid-DoorKey-5x5-v0 (fetch the key, unlock the door, reach the goal), saves it, loads the file without
unpickling anything, and measures it on fresh layouts. So small an environment can also be enumerated: the exact bits
stand beside the measured ones, to see whether the meter is right.
"""

import argparse
import collections
import copy
import json
import math
import pathlib
import tempfile
import time

import gymnasium
import minigrid
import stable_baselines3
import torch
from gymnasium.wrappers import FlattenObservation
from minigrid.wrappers import ImgObsWrapper
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

import mesascope
from mesascope.foreign import load_sb3

ENVIRONMENT = "MiniGrid-DoorKey-5x5-v0"
MAX_STEPS = 30
FIRST_LAYOUT = 1_000_000
"""Reset seed of the first layout that is measured, far from those of training."""


def make():
    """The environment as the agent sees it: the 7x7x3 view as one row of numbers."""
    return FlattenObservation(ImgObsWrapper(gymnasium.make(ENVIRONMENT)))


def make_blind():
    """The same environment without a view, for the reference: most of MiniGrid's time goes into drawing it."""
    env = gymnasium.make(ENVIRONMENT, disable_env_checker=True)
    env.unwrapped.gen_obs = dict
    return env


def train(steps: int, seed: int = 0) -> PPO:
    """PPO on eight copies of the environment."""
    torch.set_num_threads(1)
    model = PPO("MlpPolicy", DummyVecEnv([make] * 8), n_steps=128, batch_size=256, n_epochs=4, learning_rate=1e-3,
                ent_coef=0.01, seed=seed, device="cpu")  # fmt: skip
    return model.learn(steps)


def score(env) -> float:
    """How far along an episode is: minus the moves that are still needed at least, minus a fifth of those spent."""
    grid, me, (east, south) = env.unwrapped.grid, env.unwrapped.agent_pos, env.unwrapped.dir_vec
    where = {cell.type: (i % grid.width, i // grid.width) for i, cell in enumerate(grid.grid) if cell is not None}
    door = grid.get(*where["door"])
    stops, actions = [where["goal"]], 0
    if not door.is_open:
        stops, actions = [where["door"], *stops], 1
        if env.unwrapped.carrying is None and "key" in where:
            stops, actions = [where["key"], *stops], 2
    x, y = stops[0][0] - me[0], stops[0][1] - me[1]
    turns = int(x * south != 0 or y * east != 0) + int(x * east < 0 or y * south < 0)
    legs = sum(abs(a - c) + abs(b - d) for (a, b), (c, d) in zip([tuple(me), *stops], stops))
    return -(actions + turns + legs) - 0.2 * env.unwrapped.step_count


def exact_bits(seed: int, moves: int) -> float:
    """-log2 of the chance that uniformly random actions reach the goal within `moves`, by enumerating all states."""
    env = make_blind().unwrapped
    env.reset(seed=seed)
    known, onward = {state(env): env}, {}
    chances, success = collections.Counter({state(env): 1.0}), 0.0
    for _ in range(moves):
        following = collections.Counter()
        for here, chance in chances.items():
            if here not in onward:
                onward[here] = steps_from(here, known)
            for there in onward[here]:
                if there is None:
                    success += chance / env.action_space.n
                else:
                    following[there] += chance / env.action_space.n
        chances = following
    return -math.log2(success)


def steps_from(here, known: dict) -> list:
    """The state after each action, None where the goal is reached."""
    found = []
    for action in range(known[here].action_space.n):
        env = copy.deepcopy(known[here])
        _, reward, terminated, _, _ = env.step(action)
        assert terminated == (reward > 0)
        found.append(None if terminated else state(env))
        known.setdefault(found[-1], env)
    return found


def state(env) -> tuple:
    """All that matters for what follows, but the number of moves."""
    return tuple(env.agent_pos), env.agent_dir, env.carrying is None, env.grid.encode().tobytes()


def main() -> None:
    """Trains, measures, writes the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60_000, help="environment steps of the training")
    parser.add_argument("--episodes", type=int, default=12, help="layouts that are measured")
    parser.add_argument("--draws", type=int, default=500, help="plain reference episodes of each layout")
    parser.add_argument("--particles", type=int, default=300, help="episodes that splitting keeps at once")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("results/minigrid"))
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "ppo.zip"
        train(options.steps).save(file)
        agent = load_sb3(file, make())
    trained = time.monotonic()
    print(f"trained {options.steps} steps in {trained - began:.0f} s")
    measurement = mesascope.measure(
        make, agent, name="PPO", score=score, reference_env=make_blind, max_steps=MAX_STEPS, seed=FIRST_LAYOUT,
        episodes=options.episodes, draws=options.draws, particles=options.particles,
        progress=lambda done, total: print(f"\r{done:.1f} of {total}", end="", flush=True),
    )  # fmt: skip
    print(f"\n{measurement}")
    write(options, measurement, trained - began, time.monotonic() - trained)


def against_exact(rows: list[dict]) -> dict[str, float]:
    """Mean exact bits over the resolved layouts, as the mean error, and over all, as the summary's `at_least`."""
    pairs = [(row["bits"], row["exact_bits"]) for row in rows if row["bits"] is not None]
    return {
        "mean_exact_bits": sum(exact for _, exact in pairs) / max(len(pairs), 1),
        "mean_exact_bits_all": sum(row["exact_bits"] for row in rows) / len(rows),
        "mean_error": sum(bits - exact for bits, exact in pairs) / max(len(pairs), 1),
    }


def write(options: argparse.Namespace, measurement, training_seconds: float, measuring_seconds: float) -> None:
    """The record as JSON and its rows as CSV, the exact bits beside."""
    horizon = gymnasium.make(ENVIRONMENT).unwrapped.max_steps
    record = measurement.as_dict()
    for row in record["instances"]:
        moves = round((1 - row["utility"]) * horizon / 0.9)
        row["moves"], row["exact_bits"] = moves, exact_bits(row["instance"], moves) if row["utility"] > 0 else 0.0
    record |= against_exact(record["instances"]) | {
        "training_steps": options.steps,
        "max_steps": MAX_STEPS,
        "training_seconds": round(training_seconds),
        "measuring_seconds": round(measuring_seconds),
        "versions": {m.__name__: m.__version__ for m in (mesascope, gymnasium, minigrid, stable_baselines3, torch)},
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "measurement.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    rows = record["instances"]
    lines = [",".join(rows[0]), *(",".join("" if v is None else str(v) for v in row.values()) for row in rows)]
    (options.out / "measurement.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"mean error against enumeration {record['mean_error']:+.3f} bits; written to {options.out}")


if __name__ == "__main__":
    main()
