"""One self-contained page for a finding."""

import importlib.resources
import json

from ..findings import Film, Finding, effect_text, power_text
from ._figures import svg

SIGN = {"supported": "good", "contradicted": "bad", "no effect": "bad", "inconclusive": "open", None: "open"}


def page(finding: Finding, facts: dict[str, object], films: tuple[Film, ...] = ()) -> str:
    """The page as HTML that needs no network.

    Args:
        finding: what to show.
        facts: name and value of what else a reader should know: profile, command, machine, versions.
        films: of its networks, where they are at hand.
    """
    return (
        templates()
        .get_template("page.html")
        .render(
            finding=finding,
            effect=finding.effect and effect_text(*finding.effect, finding.unit),
            power=finding.verdict and power_text(finding.detectable, finding.unit),
            facts=facts,
            sign=SIGN[finding.verdict],
            figures=[(chart, _inline(svg(chart))) for chart in finding.charts],
            films=[(film, _film_json(film)) for film in films],
            style=template("page.css"),
            script=template("film.js"),
        )
    )


def templates():
    """The pages' templates, which escape what is put into them."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def template(name: str) -> str:
    """The text of a template."""
    return (importlib.resources.files(__package__) / "templates" / name).read_text(encoding="utf-8")


def _inline(text: str) -> str:
    """SVG that scales with the page."""
    head, rest = text.split(">", 1)
    return f'{head} role="img" style="max-width:100%;height:auto">{rest}'


def _film_json(film) -> str:
    content = {"mazes": film.mazes, "networks": film.networks, "thoughts": film.thoughts}
    # inside a script element only "</" could end it early
    return json.dumps(content, separators=(",", ":")).replace("</", "<\\/")
