"""Charts as Vega-Lite, and as SVG and PDF without a browser."""

import collections
import itertools

import altair as alt
import numpy as np

from ..findings import Chart, Field
from ..stats import mean_interval

INK, GREY = "#22262e", "#8a919e"
CATEGORIES = ["#2456a6", "#e07b39", "#3a9a76", "#a63d5e", "#6b5ca5", "#87731f", "#4aa3c7", "#d48fb5", "#5b6470"]
SEQUENCE = "viridis"
PARTS = {"tuned": "#e07b39", "reflex": "#b9c3d3", "novel": "#b9c3d3", "surplus": "#2456a6"}
POWER = {"tuned": "#e07b39", "run time": "#2456a6", "total": "#8a919e", "measured": "#22262e"}
WIDTH, HEIGHT = 760, 330


def figure(chart: Chart) -> alt.TopLevelMixin:
    """The Altair chart of a described one."""
    draw = {"bars": _bars, "curves": _curves, "field": _field}[chart.kind]
    return (
        draw(chart)
        .configure(font="Helvetica, Arial, sans-serif", background="white")
        .configure_axis(
            labelFontSize=12,
            titleFontSize=13,
            titleFontWeight="normal",
            gridColor="#e8eaee",
            domainColor=GREY,
            tickColor=GREY,
            labelColor=INK,
            titleColor=INK,
        )
        .configure_view(stroke=None)
        .configure_legend(
            symbolOpacity=1,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelColor=INK,
            titleColor=INK,
        )
        .configure_header(labelFontSize=13, titleFontSize=13, titleFontWeight="normal", labelColor=INK, titleColor=INK)
    )


def svg(chart: Chart) -> str:
    """The chart as SVG text."""
    import vl_convert

    return vl_convert.vegalite_to_svg(figure(chart).to_json())


def pdf(chart: Chart) -> bytes:
    """The chart as a PDF."""
    import vl_convert

    return vl_convert.vegalite_to_pdf(figure(chart).to_json())


def _order(chart: Chart, field: Field) -> list:
    return list(dict.fromkeys(row[field.name] for row in (*chart.rows, *chart.lines)))


def _scale(field: Field, values) -> alt.Scale:
    if field.scale == "log":
        positive = [value for value in values if value > 0]
        base = 2 if positive and max(positive) / min(positive) < 64 else 10
        return alt.Scale(type="log", base=base, nice=False)
    return alt.Scale(zero=True)


def _panels(chart: Chart) -> tuple[int, int]:
    panels = len(_order(chart, chart.facet)) if chart.facet else 1
    return round(WIDTH / min(panels, 2)) if panels > 1 else WIDTH, HEIGHT


def _color(chart: Chart) -> alt.Color:
    order = _order(chart, chart.color)
    numeric = all(str(value).isdigit() or value == "unlimited" for value in order)
    if numeric and len(order) > 1:
        scale = alt.Scale(domain=order, scheme=SEQUENCE, reverse=True)
    else:
        others = itertools.cycle([color for color in CATEGORIES if color not in map(POWER.get, order)])
        scale = alt.Scale(domain=order, range=[POWER.get(name) or next(others) for name in order])
    return alt.Color(f"{chart.color.name}:N", title=chart.color.title, scale=scale, sort=order)


def _summarized(chart: Chart) -> list[dict]:
    """Mean and interval over seeds at each x of each line, beside the seeds' own rows."""
    names = [chart.x.name, chart.color.name] + ([chart.facet.name] if chart.facet else [])
    groups: dict[tuple, list[float]] = {}
    for row in chart.rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row[chart.y.name])
    summary = []
    for key, values in groups.items():
        estimate = mean_interval(np.array(values))
        known = len(values) > 1
        limits = {"low": float(estimate.low), "high": float(estimate.high)} if known else {"low": None, "high": None}
        summary.append(dict(zip(names, key)) | {"row": "mean", "mean": float(estimate.value)} | limits)
    # a line of one point is drawn as a point with its interval
    lines = collections.Counter(tuple(row[name] for name in names[1:]) for row in summary)
    for row in summary:
        row["alone"] = lines[tuple(row[name] for name in names[1:])] == 1
    seeds = [dict(row) | {"row": "seed"} for row in chart.rows]
    return summary + seeds + [dict(row) | {"row": "model"} for row in chart.lines]


MOST_TICKS = 14
"""Values on an octave scale that are each marked on the axis."""


def _curves(chart: Chart) -> alt.TopLevelMixin:
    rows = _summarized(chart)
    values = [row[chart.x.name] for row in (*chart.rows, *chart.lines)]
    few = sorted({row[chart.x.name] for row in chart.rows})
    marked = 0 < len(few) <= MOST_TICKS and chart.x.scale == "log"
    axis = alt.Axis(grid=False, values=few) if marked else alt.Axis(grid=False)
    x = alt.X(f"{chart.x.name}:Q", title=chart.x.title, scale=_scale(chart.x, values), axis=axis)
    base = alt.Chart().encode(x=x, color=_color(chart))
    mean, seed = base.transform_filter("datum.row == 'mean'"), base.transform_filter("datum.row == 'seed'")
    alone = mean.transform_filter("datum.alone")
    model = base.transform_filter("datum.row == 'model'")
    width, height = _panels(chart)
    layers = [
        mean.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title=chart.y.title), y2="high:Q"),
        mean.mark_line(strokeWidth=2.5).encode(y="mean:Q"),
        alone.mark_rule(strokeWidth=2).encode(y="low:Q", y2="high:Q"),
        alone.mark_point(filled=True, size=110, opacity=1).encode(y="mean:Q"),
        seed.mark_point(filled=True, size=26, opacity=0.55).encode(y=f"{chart.y.name}:Q"),
        model.mark_line(strokeWidth=1.8, strokeDash=[5, 3] if chart.rows else [1, 0]).encode(y=f"{chart.y.name}:Q"),
    ] + _reference(chart)
    layered = alt.layer(*layers, data=alt.Data(values=rows)).properties(width=width, height=height)
    return _faceted(chart, layered)


def _bars(chart: Chart) -> alt.TopLevelMixin:
    parts = _order(chart, chart.color)
    colors = [PARTS.get(part, CATEGORIES[i]) for i, part in enumerate(parts)]
    width, height = _panels(chart)
    bars = (
        alt.Chart()
        .mark_bar()
        .encode(
            x=alt.X(
                f"{chart.x.name}:N",
                title=chart.x.title,
                sort=_order(chart, chart.x),
                axis=alt.Axis(labelAngle=-40 if len(_order(chart, chart.x)) > 5 else 0),
            ),
            y=alt.Y(f"{chart.y.name}:Q", title=chart.y.title),
            color=alt.Color(
                f"{chart.color.name}:N", title=None, scale=alt.Scale(domain=parts[::-1], range=colors[::-1])
            ),
            order=alt.Order("order:Q"),
        )
    )
    layered = alt.layer(bars, *_reference(chart), data=alt.Data(values=[dict(row) for row in chart.rows]))
    return _faceted(chart, layered.properties(width=max(width * 0.5, 30 * len(_order(chart, chart.x))), height=height))


def _field(chart: Chart) -> alt.TopLevelMixin:
    """A value over two axes, from what is stored (0) to what is computed (1)."""
    axes = {}
    for name, field in (("x", chart.x), ("y", chart.y)):
        values = [row[field.name + end] for row in chart.rows for end in ("", "_to")]
        scale = alt.Scale(type=_scale(field, values).type, nice=False, domain=[min(values), max(values)])
        axes[name] = getattr(alt, name.upper())(f"{field.name}:Q", title=field.title, scale=scale)
    colors = alt.Scale(domain=[0, 0.5, 1], range=[PARTS["tuned"], "#f3f1ea", PARTS["surplus"]])
    cells = (
        alt.Chart(alt.Data(values=[_overlapping(row, chart) for row in chart.rows]))
        .mark_rect(clip=True)
        .encode(
            **axes,
            x2=f"{chart.x.name}_to",
            y2=f"{chart.y.name}_to",
            color=alt.Color(f"{chart.color.name}:Q", title=chart.color.title, scale=colors),
        )
    )
    order = list(dict.fromkeys(row["line"] for row in chart.lines))
    dashes = alt.Scale(domain=order, range=[[1, 0], [7, 4], [2, 3]][: len(order)])
    lines = (
        alt.Chart(alt.Data(values=[dict(row) for row in chart.lines]))
        .mark_line(color=INK, strokeWidth=1.8, order=False)
        .encode(**axes, strokeDash=alt.StrokeDash("line:N", title=None, scale=dashes, sort=order))
    )
    text = (
        alt.Chart(alt.Data(values=[dict(row) for row in chart.labels]))
        .mark_text(fontSize=14, color=INK)
        .encode(**axes, text="text:N")
    )
    halo = text.mark_text(fontSize=14, color="white", stroke="white", strokeWidth=4, opacity=0.8)
    return alt.layer(cells, lines, halo, text).properties(width=WIDTH * 0.75, height=HEIGHT * 1.2)


def _overlapping(row: dict, chart: Chart) -> dict:
    """A cell that reaches a little into the next ones, which are drawn over it: else a hair is left between them."""
    ends = {
        f"{field.name}_to": row[f"{field.name}_to"] + 0.2 * (row[f"{field.name}_to"] - row[field.name])
        for field in (chart.x, chart.y)
    }
    return dict(row) | ends


def _reference(chart: Chart) -> list[alt.Chart]:
    if chart.reference is None:
        return []
    label, value = chart.reference
    # of all rows one mark, not one a row
    once = alt.Chart().transform_aggregate(rows="count()")
    rule = once.mark_rule(color=GREY, strokeDash=[5, 4]).encode(y=alt.datum(value))
    text = once.mark_text(color=GREY, align="left", baseline="bottom", dy=-3, dx=3, fontSize=11, text=label)
    return [rule, text.encode(x=alt.value(0), y=alt.datum(value))]


def _faceted(chart: Chart, layered: alt.LayerChart) -> alt.TopLevelMixin:
    if chart.facet is None:
        return layered
    column = alt.Facet(f"{chart.facet.name}:N", title=None, sort=_order(chart, chart.facet))
    return layered.facet(column, columns=3)
