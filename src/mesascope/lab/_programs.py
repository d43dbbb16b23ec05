"""Compiled programs are kept between runs, so that only the first run of a shape waits for the compiler."""

import hashlib
import os
import pathlib
import platform

import jax

from .trials import Trial


def remember_programs() -> None:
    """Turns on JAX's cache of compiled programs, in the user's cache folder and apart for each kind of processor.

    The environment variable JAX_COMPILATION_CACHE_DIR takes precedence. A folder that cannot be made only means that
    nothing is remembered.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    root = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = root / "mesascope" / f"jax-{jax.__version__}-{_processor()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


class OneProgram:
    """Keeps what was compiled for one program at a time: that of finished ones would pile up to over a gigabyte."""

    def __init__(self):
        self._kept: tuple | None = None

    def turn_to(self, trial: Trial) -> None:
        """Forgets what was compiled for other programs than that of a trial."""
        wanted = trial.program
        if wanted != self._kept:
            jax.clear_caches()
            self._kept = wanted


def _processor() -> str:
    """A name for this kind of processor: programs compiled for one may use instructions that another lacks."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        features = [line for line in lines if line.startswith(("flags", "Features", "model name"))][:2]
    except OSError:
        features = [platform.processor()]
    return hashlib.sha256("".join(features).encode()).hexdigest()[:12]
