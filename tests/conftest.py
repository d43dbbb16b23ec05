"""Fixtures shared by all tests."""

import json
import os
import pathlib

# before JAX starts: tests compute as workers do, and remember compiled programs between runs
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import jax
import pytest

from mesascope.lab import remember_programs

remember_programs()


@pytest.fixture(scope="module", autouse=True)
def forget_programs():
    """Compiled programs of a finished module are of no use to the next one.

    Thousands of them fill gigabytes, and in the end the operating system's limit of memory maps: a crash.
    """
    yield
    jax.clear_caches()


@pytest.fixture(scope="session")
def goldens() -> dict:
    """Exact or checked values from outside this code."""
    return json.loads((pathlib.Path(__file__).parent / "goldens.json").read_text(encoding="utf-8"))
