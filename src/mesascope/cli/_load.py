"""What the command line names as MODULE:NAME."""

import importlib
import sys
from collections.abc import Callable


def load(named: str, option: str, otherwise: str) -> Callable:
    """The callable of MODULE:NAME, modules of the current folder included.

    Args:
        named: the text that was given.
        option: the option that it was given to.
        otherwise: the end of the message where it is no MODULE:NAME.

    Raises:
        ValueError: it names no callable.
    """
    module, colon, name = named.partition(":")
    if not colon or not name:
        raise ValueError(f"{option} {named}: {otherwise}")
    look_here()
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{option} {named}: {error}; is the module in this folder or installed?") from None
    if not callable(found):
        raise ValueError(f"{option} {named}: {name} is not callable; give the name of a function or a class.")
    return found


def look_here() -> None:
    """Lets modules of the current folder be imported, as `python -m` does and a console script does not."""
    if "" not in sys.path:
        sys.path.insert(0, "")
