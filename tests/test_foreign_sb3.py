"""Stable-Baselines3 files and PyTorch modules: measured, and never unpickled."""

import base64
import importlib.util
import json
import pathlib
import pickle
import sys
import zipfile

import gymnasium
import numpy as np
import pytest

import mesascope
from mesascope.cli import main
from mesascope.foreign import load_sb3

torch = pytest.importorskip("torch")
sb3 = pytest.importorskip("stable_baselines3")

torch.set_num_threads(1)

FAST = {"PPO": dict(n_steps=32, batch_size=32), "DQN": dict(buffer_size=100), "SAC": dict(buffer_size=100),
        "TD3": dict(buffer_size=100), "A2C": {}}  # fmt: skip


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


def saved(tmp_path, name, env, **options):
    model = getattr(sb3, name)("MlpPolicy", env, seed=0, device="cpu", **FAST[name], **options)
    model.save(tmp_path / "agent.zip")
    return model, tmp_path / "agent.zip"


def rewritten(path, change):
    """The zip file with its parts passed through `change(name, content)`."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, change(name, content))


def with_traps(trap):
    """Every pickle of the data replaced by a trap."""
    poison = base64.b64encode(pickle.dumps(trap)).decode()

    def change(name, content):
        if name != "data":
            return content
        data = json.loads(content)
        for value in data.values():
            if isinstance(value, dict) and ":serialized:" in value:
                value[":serialized:"] = poison
        return json.dumps(data)

    return change


@pytest.mark.parametrize("name", sorted(FAST))
def test_a_file_gives_the_same_actions_as_the_model(name, tmp_path):
    env = gymnasium.make("Pendulum-v1" if name in ("SAC", "TD3") else "CartPole-v1")
    options = {"policy_kwargs": {"net_arch": [16, 8], "activation_fn": torch.nn.Tanh}}
    model, path = saved(tmp_path, name, env, **options)
    rewritten(path, with_traps(Trap(tmp_path / "sprung")))
    policy = load_sb3(path, env)
    assert not (tmp_path / "sprung").exists()
    for seed in range(20):
        observation = env.observation_space.sample() if seed else env.reset(seed=0)[0]
        observation = np.clip(observation, -10, 10)
        np.testing.assert_array_equal(
            policy.predict(observation, deterministic=True)[0], model.predict(observation, deterministic=True)[0]
        )


def test_the_trap_works(tmp_path):
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()


def test_images_are_seen_with_their_channels_first(tmp_path):
    class Screen(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(0, 255, (36, 40, 3), np.uint8)
        action_space = gymnasium.spaces.Discrete(5)

        def reset(self, *, seed=None, options=None):
            return np.zeros((36, 40, 3), np.uint8), {}

    model = sb3.PPO("CnnPolicy", Screen(), n_steps=32, batch_size=32, seed=0, device="cpu")
    model.save(tmp_path / "agent.zip")
    policy = load_sb3(tmp_path / "agent.zip", Screen())
    for seed in range(5):
        image = np.random.default_rng(seed).integers(0, 256, (36, 40, 3)).astype(np.uint8)
        assert policy.predict(image, deterministic=True)[0] == model.predict(image, deterministic=True)[0]


def test_poisoned_weights_are_refused(tmp_path):
    env = gymnasium.make("CartPole-v1")
    _, path = saved(tmp_path, "PPO", env)
    poison = pickle.dumps(Trap(tmp_path / "sprung"))
    rewritten(path, lambda name, content: poison if name == "policy.pth" else content)
    with pytest.raises(ValueError, match="policy.pth holds no weights that fit"):
        load_sb3(path, env)
    assert not (tmp_path / "sprung").exists()


CHANGES = {
    r"of class os\.system.*its code is not run": lambda d: d["policy_class"].update(
        {"__module__": "os", "__init__": "<function system.__init__ at 0x1>"}
    ),
    r"class stable_baselines3.common.policies\.Trojan": lambda d: d["policy_class"].update(
        {"__init__": "<function Trojan.__init__ at 0x1>"}
    ),
    r"argument features_extractor_class .* kept as a pickle": lambda d: d.update(
        policy_kwargs={"features_extractor_class": "<class 'mine.Extractor'>"}
    ),
    r"its data name no policy class": lambda d: d.pop("policy_class"),
}


@pytest.mark.parametrize("message", CHANGES)
def test_policies_of_ones_own_are_refused(message, tmp_path):
    env = gymnasium.make("CartPole-v1")
    _, path = saved(tmp_path, "PPO", env)

    def change(name, content):
        if name != "data":
            return content
        data = json.loads(content)
        CHANGES[message](data)
        return json.dumps(data)

    rewritten(path, change)
    with pytest.raises(ValueError, match=message):
        load_sb3(path, env)


def test_files_that_do_not_fit_are_refused(tmp_path, capsys):
    _, path = saved(tmp_path, "PPO", gymnasium.make("CartPole-v1"))
    assert main(["measure", "--gym", "Pendulum-v1", "--agent", str(path)]) == 2
    error = capsys.readouterr().err
    assert "no weights that fit" in error and "--wrap" in error and len(error.strip().splitlines()) == 1
    (tmp_path / "text.zip").write_text("no zip")
    assert main(["measure", "--gym", "CartPole-v1", "--agent", str(tmp_path / "text.zip")]) == 2
    assert "is no Stable-Baselines3 zip file" in capsys.readouterr().err


def test_a_file_on_the_command_line(tmp_path, capsys):
    _, path = saved(tmp_path, "PPO", gymnasium.make("CartPole-v1"))
    options = ["--episodes", "2", "--draws", "100", "--max-steps", "40", "--method", "monte-carlo", "--json"]
    assert main(["measure", "--gym", "CartPole-v1", "--agent", str(path), *options]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [row["outcomes"] for row in result["instances"]] == [1, 1]
    assert main(["measure", "--gym", "CartPole-v1", "--agent", str(path), "--sample", *options]) == 0
    assert [row["outcomes"] for row in json.loads(capsys.readouterr().out)["instances"]] == [10, 10]


def test_an_environment_of_the_current_folder(tmp_path, monkeypatch, capsys):
    saved(tmp_path, "PPO", gymnasium.make("CartPole-v1"))
    (tmp_path / "rooms_here.py").write_text(
        "import gymnasium\n"
        "gymnasium.register('Here-v0', entry_point='gymnasium.envs.classic_control:CartPoleEnv', max_episode_steps=9)\n"
    )
    monkeypatch.chdir(tmp_path)
    # as an installed command finds it, without the current folder
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p])
    options = ["--episodes", "1", "--draws", "20", "--method", "monte-carlo", "--json"]
    assert main(["measure", "--gym", "rooms_here:Here-v0", "--agent", "agent.zip", *options]) == 0
    assert json.loads(capsys.readouterr().out)["instances"][0]["draws"] == 20


def test_the_example_compares_like_with_like():
    pytest.importorskip("minigrid")
    path = pathlib.Path(__file__).parents[1] / "examples" / "minigrid_sb3.py"
    spec = importlib.util.spec_from_file_location("minigrid_sb3", path)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    pairs = [(0.0, 0.0), (3.0, 4.0), (None, 8.0)]
    found = example.against_exact([{"bits": bits, "exact_bits": exact} for bits, exact in pairs])
    assert found == {"mean_exact_bits": 2, "mean_exact_bits_all": 4, "mean_error": -0.5}


def test_a_trained_model_is_above_the_null():
    model = sb3.PPO("MlpPolicy", "CartPole-v1", n_steps=256, n_epochs=5, seed=0, device="cpu").learn(2048)
    found = mesascope.measure("CartPole-v1", model, episodes=4, draws=200, max_steps=60, method="monte-carlo")
    assert found.summaries[0].at_least > found.summaries[0].null + 1
    assert found.summaries[0].utility > 1.5 * found.summaries[0].reference_utility


class Constant(torch.nn.Module):
    """The same logits whatever is seen."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.nn.Parameter(torch.tensor(logits))

    def forward(self, observation):
        return self.logits.expand(len(observation), -1)


def test_a_module_of_equal_logits_scores_the_null():
    module = Constant([0.0, 0.0]).train()
    found = mesascope.measure("CartPole-v1", module, episodes=1, draws=500, repeats=400, max_steps=20)
    assert found.summaries[0].bits == pytest.approx(found.summaries[0].null, abs=0.25)
    assert module.training


def test_bad_modules_are_named():
    with pytest.raises(ValueError, match=r"Constant: forward returned \[nan nan\] of shape.*finite logits"):
        mesascope.measure("CartPole-v1", Constant([np.nan, 0.0 * np.nan]), episodes=1)
    with pytest.raises(ValueError, match=r"finite logits of shape \(1, 2\)"):
        mesascope.measure("CartPole-v1", Constant([0.0, 0.0, 0.0]), episodes=1)
    with pytest.raises(ValueError, match=r"Linear: forward failed on an observation of shape \(4,\)"):
        mesascope.measure("CartPole-v1", torch.nn.Linear(9, 2), episodes=1)
    with pytest.raises(ValueError, match="observation is a dict, and a module takes one tensor; wrap"):
        mesascope.measure("MiniGrid-Empty-5x5-v0", torch.nn.Linear(9, 7), episodes=1)
    with pytest.raises(ValueError, match="wrap the environment as it was"):
        model = sb3.PPO("MlpPolicy", "CartPole-v1", n_steps=32, batch_size=32, device="cpu")
        mesascope.measure("MountainCar-v0", model, episodes=1)
