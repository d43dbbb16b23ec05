"""What a command meets outside of itself: streams, the working directory, a home, the interpreter's own options."""

import codecs
import contextlib
import os
import pathlib
import sys
import unicodedata

PLAIN = {
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": " - ", "\u2026": "...",
    "\u2192": "->", "\u2212": "-", "\u00d7": "x", "\u2264": "<=", "\u2265": ">=", "\u2260": "!=",
}  # fmt: skip
"""What stands for a character that a stream does not have."""


def lose_no_output() -> None:
    """Lets standard output and error write every text in the characters that they have."""
    codecs.register_error("mesascope.plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="mesascope.plain")


def flush() -> None:
    """Writes what standard output still holds, while a failure can be told."""
    if sys.stdout is not None:
        sys.stdout.flush()


def output_fails() -> bool:
    """Whether standard output cannot be written; what it still holds is dropped then, so that nothing fails at exit."""
    try:
        # an unbuffered stream holds nothing that could fail once more
        print()
        flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def working_directory_is_gone() -> bool:
    """Whether the folder in which the command was given no longer exists."""
    try:
        os.getcwd()
    except OSError:
        return True
    return False


def fault_around(error: Exception) -> str | None:
    """What outside of this program an error comes from, with the remedy; None where it is its own."""
    if isinstance(error, RuntimeError) and _home_is_unknown():
        return "this account has no home directory; set HOME to a folder that can be written, and try again."
    if isinstance(error, AttributeError) and sys.flags.optimize > 1:
        return (
            f"python -OO strips the documentation strings that Altair cannot do without ({error}); leave out -OO "
            "(and PYTHONOPTIMIZE)."
        )
    if isinstance(error, FileNotFoundError) and error.filename is None and working_directory_is_gone():
        return "cannot work here."
    return None


def _home_is_unknown() -> bool:
    try:
        pathlib.Path.home()
    except RuntimeError:
        return True
    return False


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Error handler that writes the nearest characters, and a question mark where there is none."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_nearest, error.object[error.start : error.end])), error.end


def _nearest(character: str) -> str:
    # an accent parts from its letter
    letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return PLAIN.get(character) or letters or "?"
