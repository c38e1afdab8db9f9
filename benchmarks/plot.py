"""A chart of lines on two logarithmic axes, as SVG: no library is worth the weight for one picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 20, 60
INK = "#7f8693"
"""To be read on a light page and on a dark one; there is nothing behind it."""
COLOURS = ("#ff7a59", "#00a4bd", "#5b86b5", "#8e6bbf")

Points = Sequence[tuple[float, float]]


def draw(lines: Mapping[str, Points], x_name: str, y_name: str) -> str:
    """Draw *lines*, each under its name."""
    points = [point for line in lines.values() for point in line]
    across, up = _decades([x for x, _ in points]), _decades([y for _, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (WIDTH - LEFT - RIGHT) * _share(x, across),
            HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _share(y, up),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="13">',
    ]
    for power in range(across[0], across[1] + 1):
        x, y = place(10.0**power, 10.0 ** up[0])
        parts.append(f'<path d="M{x:.1f} {TOP}V{y:.1f}" stroke="{INK}" stroke-opacity="0.25"/>')
        parts.append(_text(x, y + 18, _number(power), "end" if power == across[1] else "middle"))
    for power in range(up[0], up[1] + 1):
        x, y = place(10.0 ** across[0], 10.0**power)
        parts.append(f'<path d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}" stroke="{INK}" stroke-opacity="0.25"/>')
        parts.append(_text(x - 8, y + 4, _number(power), "end"))
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in (place(*p) for p in line)]
        height = TOP + 18 + 20 * number
        parts.append(f'<path d="M{LEFT + 12} {height - 4}h24" stroke="{colour}" stroke-width="3"/>')
        parts.append(_text(LEFT + 44, height, name, "start"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, x_name, "middle"))
    parts.append(f'<g transform="rotate(-90 18 {HEIGHT / 2})">{_text(18, HEIGHT / 2, y_name, "middle")}</g></svg>\n')
    return "\n".join(parts)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))


def _share(value: float, decades: tuple[int, int]) -> float:
    return (math.log10(value) - decades[0]) / (decades[1] - decades[0])


def _number(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}">{escape(text)}</text>'
