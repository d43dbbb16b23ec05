"""Charts as Vega-Lite, and as SVG and PDF without a browser."""

import altair as alt
import numpy as np

from ..findings import Chart, Field
from ..stats import mean_interval

INK, GREY = "#22262e", "#8a919e"
CATEGORIES = ["#2456a6", "#e07b39", "#3a9a76", "#a63d5e", "#6b5ca5", "#87731f", "#4aa3c7"]
SEQUENCE = "viridis"
PARTS = {"tuned": "#e07b39", "reflex": "#b9c3d3", "novel": "#b9c3d3", "surplus": "#2456a6"}
WIDTH, HEIGHT = 760, 330


def figure(chart: Chart) -> alt.TopLevelMixin:
    """The Altair chart of a described one."""
    drawn = _bars(chart) if chart.kind == "bars" else _curves(chart)
    return (
        drawn.configure(font="Helvetica, Arial, sans-serif", background="white")
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
        scale = alt.Scale(domain=order, range=CATEGORIES[: len(order)])
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
    seeds = [dict(row) | {"row": "seed"} for row in chart.rows]
    return summary + seeds + [dict(row) | {"row": "model"} for row in chart.lines]


def _curves(chart: Chart) -> alt.TopLevelMixin:
    rows = _summarized(chart)
    values = [row[chart.x.name] for row in chart.rows]
    axis = alt.Axis(grid=False, values=sorted(set(values))) if chart.x.scale == "log" else alt.Axis(grid=False)
    x = alt.X(f"{chart.x.name}:Q", title=chart.x.title, scale=_scale(chart.x, values), axis=axis)
    base = alt.Chart().encode(x=x, color=_color(chart))
    mean, seed = base.transform_filter("datum.row == 'mean'"), base.transform_filter("datum.row == 'seed'")
    model = base.transform_filter("datum.row == 'model'")
    width, height = _panels(chart)
    layers = [
        mean.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title=chart.y.title), y2="high:Q"),
        mean.mark_line(strokeWidth=2.5, interpolate="monotone").encode(y="mean:Q"),
        seed.mark_point(filled=True, size=26, opacity=0.55).encode(y=f"{chart.y.name}:Q"),
        model.mark_line(strokeWidth=1.8, strokeDash=[5, 3]).encode(y=f"{chart.y.name}:Q"),
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


def _reference(chart: Chart) -> list[alt.Chart]:
    if chart.reference is None:
        return []
    label, value = chart.reference
    rule = alt.Chart().mark_rule(color=GREY, strokeDash=[5, 4]).encode(y=alt.datum(value))
    text = (
        alt.Chart()
        .mark_text(color=GREY, align="left", baseline="bottom", dy=-3, dx=3, fontSize=11, text=label)
        .encode(x=alt.value(0), y=alt.datum(value))
    )
    return [rule, text]


def _faceted(chart: Chart, layered: alt.LayerChart) -> alt.TopLevelMixin:
    if chart.facet is None:
        return layered
    column = alt.Facet(f"{chart.facet.name}:N", title=None, sort=_order(chart, chart.facet))
    return layered.facet(column, columns=3)
