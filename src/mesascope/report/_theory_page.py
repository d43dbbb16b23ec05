"""A page on which the post's equation is moved by sliders."""

import json
import pathlib
from collections.abc import Mapping

from ._page import template, templates
from ._write import replace_file

DEFAULTS = {"form": "power", "a": 0.5, "k": 2.0, "b": 0.1, "c": 10.0, "P": 1000.0, "N": 20.0}
"""Where the sliders stand unless told otherwise."""


def write_theory_page(path: pathlib.Path, start: Mapping[str, str | float]) -> None:
    """Writes a self-contained page of the toy model.

    Args:
        path: of the HTML file.
        start: where the sliders begin: `form` of the cost (linear, fixed, power, exponential), its `a`, `k`, `b`, `c`,
            `P` and `N`; those left out are `DEFAULTS`.

    Raises:
        ValueError: a name is none of these.
    """
    unknown = set(start) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"write_theory_page(start={dict(start)}): no slider for {', '.join(sorted(unknown))}.")
    script = template("theory.js").replace("{{ start }}", json.dumps(DEFAULTS | dict(start)))
    text = templates().get_template("theory.html").render(style=template("page.css"), script=script)
    replace_file(path, text.encode())
