"""From the options of the command line to an executor."""

import os

from ..lab import AbstractExecutor, Local, Population, RayCluster, SlurmArray


def executor_of(name: str, workers: int | None, device: str, address: str | None) -> AbstractExecutor:
    """Where trials run.

    Args:
        name: local, ray or slurm.
        workers: number of processes; None for as many as there are cores.
        device: cpu or gpu.
        address: of a Ray cluster; None for the one that the environment names, or one of this machine's own.

    Raises:
        ValueError: the options do not fit each other, or this machine.
    """
    if address is not None and name != "ray":
        raise ValueError(f"--address {address}: only --executor ray takes an address.")
    if name == "ray":
        return RayCluster(address, workers, on_gpu=device == "gpu")
    if name == "slurm":
        return SlurmArray(workers, on_gpu=device == "gpu")
    if device == "gpu":
        check_gpu()
        return Population()
    return Local(workers or len(os.sched_getaffinity(0)))


def check_gpu() -> None:
    """Raises a ValueError where JAX sees no GPU."""
    import jax

    if jax.default_backend() != "gpu":
        raise ValueError(
            f"--device gpu: JAX sees no GPU, only {jax.default_backend()}; install jax[cuda13] on a machine with "
            "one, or leave the option out."
        )
