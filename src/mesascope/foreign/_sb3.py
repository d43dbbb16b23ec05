"""Policies of Stable-Baselines3 zip files, read without executing anything.

Such a file keeps whatever is no JSON as a pickle, and a pickle can run any code. Beside each pickle stands a readable
copy of its first level, and that is all that is used: the name of the policy class, looked up among those of
Stable-Baselines3, and arguments of its network. The weights are loaded as weights only.
"""

import io
import json
import os
import pathlib
import re
import zipfile

POLICIES = {
    "stable_baselines3.common.policies": (
        "ActorCriticPolicy",
        "ActorCriticCnnPolicy",
        "MultiInputActorCriticPolicy",
    ),
    "stable_baselines3.dqn.policies": ("DQNPolicy", "CnnPolicy", "MultiInputPolicy"),
    "stable_baselines3.sac.policies": ("SACPolicy", "CnnPolicy", "MultiInputPolicy"),
    "stable_baselines3.td3.policies": ("TD3Policy", "CnnPolicy", "MultiInputPolicy"),
}
"""Policy classes that may be built: those of PPO and A2C, DQN, SAC, TD3 and DDPG."""

PICKLED = ":serialized:"
OF_TRAINING = ("optimizer_class", "optimizer_kwargs")
CLASSES = ("torch.nn.modules.activation", "stable_baselines3.common.torch_layers")
"""Modules whose classes may be named in the arguments of a policy."""


def load_sb3(path: str | os.PathLike, env):
    """The policy of a Stable-Baselines3 zip file, for an environment of the same spaces.

    Args:
        path: the file.
        env: the environment, wrapped as in training; its spaces are used in place of the pickled ones.

    Returns:
        A policy with `predict`.

    Raises:
        ValueError: the file is no such zip, its policy is of a class of one's own, or does not fit the environment.
    """
    path = pathlib.Path(path)
    try:
        import torch
        from stable_baselines3.common.policies import BasePolicy  # noqa: F401
    except ImportError:
        raise ValueError(f"{path}: Stable-Baselines3 is not installed; pip install 'mesascope[sb3]'.") from None
    data, weights = _parts(path)
    policy = _policy(path, data, env)
    try:
        arrays = torch.load(io.BytesIO(weights), map_location="cpu", weights_only=True)
        policy.load_state_dict(arrays)
    except Exception as error:
        reason = str(error).splitlines()[0].rstrip(":.")
        raise ValueError(
            f"{path}: policy.pth holds no weights that fit ({reason}). Wrap the environment as it was in training "
            "(--wrap); a file that holds anything but weights is refused."
        ) from None
    policy.set_training_mode(False)
    return policy


def _parts(path: pathlib.Path) -> tuple[dict, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            data = json.loads(archive.read("data"))
            return _dictionary(data), archive.read("policy.pth")
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ValueError(
            f"{path}: is no Stable-Baselines3 zip file ({error}); give the file that model.save() wrote."
        ) from None


def _dictionary(data) -> dict:
    if not isinstance(data, dict) or not isinstance(data.get("policy_class"), dict):
        raise ValueError("its data name no policy class")
    return data


def _policy(path: pathlib.Path, data: dict, env):
    kind = _policy_class(path, data["policy_class"])
    arguments = _arguments(path, data.get("policy_kwargs") or {})
    if kind.__module__ == "stable_baselines3.common.policies":
        arguments["use_sde"] = bool(data.get("use_sde", False))
    try:
        return kind(_seen_space(env.observation_space), env.action_space, lambda remaining: 0.0, **arguments)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"{path}: {kind.__name__} cannot be built for the environment's spaces ({reason}); wrap the environment as "
            "it was in training (--wrap)."
        ) from None


def _policy_class(path: pathlib.Path, described: dict):
    module = described.get("__module__")
    # functions are described as <function CLASS.NAME at ADDRESS>
    named = re.match(r"<function (\w+)\.", str(described.get("__init__", "")))
    if module not in POLICIES or not named or named[1] not in POLICIES[module]:
        raise ValueError(
            f"{path}: its policy is of class {module}.{named[1] if named else '?'}, which is none of "
            "Stable-Baselines3's own, and its code is not run; load it yourself and use `mesascope.measure` in Python."
        )
    return _named(module, named[1])


def _arguments(path: pathlib.Path, described: dict) -> dict:
    """Arguments of the policy that are JSON, or classes of torch and Stable-Baselines3."""
    found = {}
    for name, value in described.items():
        if name in OF_TRAINING or name in (":type:", PICKLED):
            continue
        text = re.match(r"<class '([\w.]+)\.(\w+)'>$", value) if isinstance(value, str) else None
        if text and text[1] in CLASSES:
            value = _named(text[1], text[2])
        elif isinstance(value, str) and value.startswith(("<", "{", "[", "(")):
            raise ValueError(
                f"{path}: argument {name} of its policy is {value:.80}, kept as a pickle, which is not opened; load "
                "the model yourself and use `mesascope.measure` in Python."
            )
        found[name] = value
    return found


def _named(module: str, name: str):
    import importlib

    return getattr(importlib.import_module(module), name)


def _seen_space(space):
    """The space as the network sees it: Stable-Baselines3 moves the channels of images to the front."""
    from stable_baselines3.common.preprocessing import is_image_space, is_image_space_channels_first
    from stable_baselines3.common.vec_env import VecTransposeImage

    if is_image_space(space) and not is_image_space_channels_first(space):
        return VecTransposeImage.transpose_space(space)
    return space
