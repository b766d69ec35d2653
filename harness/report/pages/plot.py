"""How long calls took, as a plot: a line, a bar and a dot for each call, on a logarithmic axis."""

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pygal
from markupsafe import Markup
from pygal.style import Style

from harness.report.latency import Latency
from harness.report.writing import printable

_SVG = "http://www.w3.org/2000/svg"
_MOST = 30
"""Calls in a plot, the most frequent; a table has all."""
_ROW, _FRAME, _WIDTH = 22, 60, 860  # pixels
# Pygal's own rules make all lines alike.
_THICK = (
    "inline:#chart-latency .serie-0 path{stroke-width:1.5px}#chart-latency .serie-1 path{stroke-width:9px}"
)
_UNITS = ((1_000_000, "s"), (1000, "ms"), (1, "µs"))
# Colours are those of the page, in light and in dark.
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--ink)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--quiet)",
    guide_stroke_color="var(--rule)",
    major_guide_stroke_color="var(--rule)",
    guide_stroke_dasharray="none",
    major_guide_stroke_dasharray="none",
    colors=("var(--quiet)", "var(--link)", "var(--ink)"),
    value_colors=("var(--ink)",) * 3,
    font_family="inherit",
    label_font_size=12,
    major_label_font_size=12,
    stroke_opacity="1",
    opacity="1",
    transition="0s",
)


def latency_plot(latencies: Sequence[Latency]) -> Markup:
    """SVG for an HTML page, without script, of the most frequent calls. A line from the fastest to the
    slowest call, a bar between the quartiles, a dot at the median. What takes less than a microsecond is at
    one."""
    shown = latencies[:_MOST]
    chart = pygal.XY(
        style=_STYLE,
        width=_WIDTH,
        height=_FRAME + _ROW * len(shown),
        js=(),
        css=("file://style.css", "file://graph.css", _THICK),
        show_legend=False,
        show_y_guides=True,
        show_x_guides=True,
        allow_interruptions=True,
        explicit_size=False,
        margin=8,
        range=(0.3, len(shown) + 0.7),
    )
    chart.uuid = "latency"
    last = max(math.ceil(_place(max(each.worst for each in shown))), 1)
    chart.xrange = (0, last)
    chart.x_labels = [{"value": power, "label": duration(10**power)} for power in range(last + 1)]
    heights = {each.call: len(shown) - number for number, each in enumerate(shown)}
    chart.y_labels = [{"value": height, "label": short_name(call)} for call, height in heights.items()]
    spans = [(each.least, each.worst, heights[each.call]) for each in shown]
    boxes = [(each.lower, each.upper, heights[each.call]) for each in shown]
    chart.add("range", _lines(spans), show_dots=False)
    chart.add("quartiles", _lines(boxes), show_dots=False)
    dots = [(_place(each.median), heights[each.call]) for each in shown]
    chart.add("median", dots, stroke=False, dots_size=4)
    return _without_script(chart.render(disable_xml_declaration=True, is_unicode=True))


def duration(microseconds: float) -> str:
    """ "850 µs", "1.2 ms", "3 s"."""
    for size, unit in _UNITS:
        if microseconds >= size:
            return f"{microseconds / size:.3g} {unit}"
    return f"{microseconds:.3g} µs"


def short_name(call: str) -> str:
    """ "WSASocketW" for "ws2!WSASocketW"; other modules keep their name."""
    return printable(call.removeprefix("ws2!"))


def _lines(spans: Sequence[tuple[float, float, int]]) -> list[tuple[float | None, float | None]]:
    """Points of lines, with a gap behind each."""
    return [
        point
        for first, last, height in spans
        for point in ((_place(first), height), (_place(last), height), (None, None))
    ]


def _place(microseconds: float) -> float:
    return math.log10(max(microseconds, 1))


def _without_script(svg: str) -> Markup:
    """Pygal's configuration for a script that is not there, tooltips and its own title are left out."""
    root = ET.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{_SVG}}}{name}" for name in ("script", "desc", "title")}:
                parent.remove(child)
    root.set("aria-hidden", "true")
    root.set("focusable", "false")
    ET.register_namespace("", _SVG)
    return Markup(ET.tostring(root, encoding="unicode"))
