"""A fingerprint as a picture: a panel for each type, a colour for each outcome.

Most of a million triples look alike, so neighbouring families (rows) that do not differ in any triple share
one band, and so do protocols (columns). Axes are not to scale; the bands are labelled with what is in them.
Colours are those of Okabe and Ito, which colour-blind people can tell apart.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.fingerprint import NOT_MEASURED, SUCCESS, Fingerprint, OutcomeMap, in_words
from harness.report.fingerprints import family_name, protocol_name, type_name

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

_PANEL = 300
"""Pixels of a panel's side, unless there are so many bands that it needs more."""
_COLUMNS = 4
_GAP, _MARGIN, _TITLE_HEIGHT = 24, 24, 24
_ALIKE = 40
"""Bands of an axis up to which lines are drawn between them."""
FIXED = {
    NOT_MEASURED: "#FFFFFF",
    SUCCESS: "#0072B2",
    "error 10047": "#DDDDDD",  # WSAEAFNOSUPPORT, nearly everywhere
    "error 10043": "#F0E442",
    "error 10041": "#D55E00",
    "error 10044": "#56B4E9",
    "error 10022": "#000000",
}
"""The usual ones look the same in every picture."""
OTHERS = ("#009E73", "#CC79A7", "#E69F00", "#7F5539", "#5E35B1", "#8A8A8A", "#A6D96A", "#800026")
_INK, _FAINT = "#222222", "#777777"


@dataclass(frozen=True, slots=True)
class Band:
    """Numbers that look alike. `start`, `size`: pixels on the axis."""

    numbers: range
    start: int
    size: int


def write_picture(fingerprint: Fingerprint, path: Path) -> None:
    """A PNG. Raises UsageError if the file cannot be written."""
    try:
        path.write_bytes(picture_bytes(fingerprint))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error


def picture_bytes(fingerprint: Fingerprint) -> bytes:
    """A PNG; the same fingerprint gives the same bytes."""
    file = io.BytesIO()
    picture(fingerprint).save(file, format="PNG", optimize=True)
    return file.getvalue()


def colours(outcomes: Sequence[str]) -> dict[str, str]:
    """A colour for each outcome; only with more than fifteen of them do two share one."""
    others = cycle(OTHERS)
    return {each: FIXED.get(each) or next(others) for each in sorted(outcomes, key=_order)}


def _order(outcome: str) -> tuple[bool, int, str]:
    kind, _, code = outcome.partition(" ")
    return (kind == "error", int(code) if kind == "error" else 0, outcome)


def bands(outcomes: OutcomeMap) -> tuple[list[Band], list[Band]]:
    """Of families and of protocols."""
    area = outcomes.area
    rows = {family: tuple(outcomes.row(type_, family) for type_ in area.types) for family in area.families}
    columns = list(zip(*(row for layers in rows.values() for row in layers), strict=True))
    first = area.protocols[0]
    return (
        _bands(area.families, lambda family: rows[family]),
        _bands(area.protocols, lambda protocol: columns[protocol - first]),
    )


def _bands(numbers: range, key: Callable[[int], object]) -> list[Band]:
    found: list[range] = []
    for number in numbers:
        if found and key(found[-1][0]) == key(number):
            found[-1] = range(found[-1][0], number + 1)
        else:
            found.append(range(number, number + 1))
    weights = [1 + 0.7 * math.log2(len(each)) for each in found]
    unit = min(_PANEL / sum(weights), _PANEL / 4)
    made, start = [], 0
    for each, weight in zip(found, weights, strict=True):
        size = max(2, round(unit * weight))
        made.append(Band(each, start, size))
        start += size
    return made


def picture(fingerprint: Fingerprint) -> Image:
    """The whole picture."""
    from PIL import Image, ImageDraw

    outcomes = fingerprint.outcomes
    counts = outcomes.counts()
    palette = colours(list(counts))
    families, protocols = bands(outcomes)
    width, height = (axis[-1].start + axis[-1].size for axis in (protocols, families))
    small, usual, large = (_font(size) for size in (12, 14, 20))
    left = _MARGIN + max(_width(_label(band, family_name), small) for band in families) + 8
    bottom = max(_width(_label(band, protocol_name), small) for band in protocols) + 8
    types = list(outcomes.area.types)
    across = min(_COLUMNS, len(types))
    down = -(-len(types) // across)
    total_width = max(left + across * (width + _GAP) + _MARGIN, 820)
    entries = [
        (palette[outcome], f"{in_words(outcome)}: {count:,}") for outcome, count in counts.most_common()
    ]
    entry_width = max(_width(text, usual) for _, text in entries) + 64
    legend = max(1, (total_width - 2 * _MARGIN) // entry_width)
    panels_top = _MARGIN + 92
    legend_top = panels_top + down * (height + _TITLE_HEIGHT + _GAP) + bottom + 20
    total_height = legend_top + 28 + 24 * -(-len(counts) // legend) + _MARGIN
    image = Image.new("RGB", (total_width, total_height), "white")
    draw = ImageDraw.Draw(image)
    _heading(draw, fingerprint, large, usual)
    for place, type_ in enumerate(types):
        row, column = divmod(place, across)
        x = left + column * (width + _GAP)
        y = panels_top + row * (height + _TITLE_HEIGHT + _GAP) + _TITLE_HEIGHT
        draw.text((x, y - _TITLE_HEIGHT + 2), f"type {type_}  {type_name(type_)}", _INK, usual)
        _panel(draw, (x, y), outcomes, type_, families, protocols, palette)
        if column == 0:
            _family_labels(draw, (x, y), families, small)
        if place + across >= len(types):
            _protocol_labels(image, (x, y + height), protocols, small)
    for place, entry in enumerate(entries):
        column, line = divmod(place, -(-len(entries) // legend))
        _entry(draw, (_MARGIN + column * entry_width, legend_top + 24 * line), entry, usual)
    return image


def _heading(draw: ImageDraw, of: Fingerprint, large: _Font, usual: _Font) -> None:
    draw.text((_MARGIN, _MARGIN), f"WSASocket on {of.target}: {of.system}", _INK, large)
    device = " ".join(str(of.device[key]) for key in ("platform", "oem") if of.device.get(key))
    versions = [f"harness {of.harness}", f"agent {of.agent}"]
    facts = [device, of.started[:10], f"evidence: {of.evidence}", *versions]
    if of.ended is None:
        facts.append("not finished")
    draw.text((_MARGIN, _MARGIN + 30), ", ".join(fact for fact in facts if fact), _INK, usual)
    how = "rows: address families, columns: protocols; what looks alike shares a band; not to scale"
    draw.text((_MARGIN, _MARGIN + 52), how, _FAINT, usual)


def _panel(
    draw: ImageDraw,
    corner: tuple[int, int],
    outcomes: OutcomeMap,
    type_: int,
    families: list[Band],
    protocols: list[Band],
    palette: dict[str, str],
) -> None:
    left, top = corner
    lined = max(len(families), len(protocols)) <= _ALIKE
    for family in families:
        for protocol in protocols:
            x, y = left + protocol.start, top + family.start
            outcome = outcomes.outcome(type_, family.numbers[0], protocol.numbers[0])
            box = (x, y, x + protocol.size - 1, y + family.size - 1)
            draw.rectangle(box, palette[outcome], "#FFFFFF" if lined else None)
    right = left + protocols[-1].start + protocols[-1].size
    bottom = top + families[-1].start + families[-1].size
    draw.rectangle((left - 1, top - 1, right, bottom), None, _FAINT)


def _family_labels(draw: ImageDraw, corner: tuple[int, int], families: list[Band], font: _Font) -> None:
    left, top = corner
    free = 0
    for band in families:
        middle = band.start + band.size // 2
        if middle - 6 >= free - 1:
            draw.text((left - 6, top + middle), _label(band, family_name), _INK, font, anchor="rm")
            free = middle + 6


def _protocol_labels(image: Image, corner: tuple[int, int], protocols: list[Band], font: _Font) -> None:
    """Upright, one beside the other."""
    from PIL import Image, ImageDraw

    left, top = corner
    free = 0
    for band in protocols:
        middle = band.start + band.size // 2
        if middle - 6 < free - 1:
            continue
        text = _label(band, protocol_name)
        strip = Image.new("RGB", (_width(text, font) + 2, 14), "white")
        ImageDraw.Draw(strip).text((strip.width - 1, 7), text, _INK, font, anchor="rm")
        image.paste(strip.rotate(90, expand=True), (left + middle - 7, top + 5))
        free = middle + 6


def _entry(draw: ImageDraw, corner: tuple[int, int], entry: tuple[str, str], font: _Font) -> None:
    """One of the legend: colour and text."""
    (x, y), (colour, text) = corner, entry
    draw.rectangle((x, y + 2, x + 26, y + 18), colour, _FAINT)
    draw.text((x + 36, y + 10), text, _INK, font, anchor="lm")


def _label(band: Band, name: Callable[[int], str]) -> str:
    if len(band.numbers) > 1:
        return f"{band.numbers[0]} to {band.numbers[-1]}"
    return f"{band.numbers[0]} {name(band.numbers[0])}".rstrip()


def _font(size: int) -> _Font:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _width(text: str, font: _Font) -> int:
    return math.ceil(font.getlength(text))


if TYPE_CHECKING:
    _Font = FreeTypeFont | ImageFont
