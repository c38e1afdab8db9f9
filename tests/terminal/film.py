"""A terminal in motion, as one SVG that needs no script: every frame is there, and CSS shows one after the other.

A line that many frames have is drawn once. Whoever asks for less motion sees the last frame alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from attrs import frozen
from rich.console import Console
from rich.text import Text

LINE_HEIGHT = 24.4
"""Of rich's drawing: 20 px a letter."""

STILL = 6.0
"""Seconds for which the last frame stays before it all begins again."""

STYLE = """
.frame {{ visibility: hidden; }}
.frame:last-of-type {{ visibility: visible; }}
@media (prefers-reduced-motion: no-preference) {{
.frame {{ animation: {seconds:.2f}s step-end infinite; }}
{frames}
}}
{keyframes}
"""


@frozen
class Frame:
    """What is to be seen from a moment on."""

    at: float
    """Seconds from the beginning."""
    lines: Sequence[str]
    """With their colours, as the terminal would be told."""


def draw(frames: Iterable[Frame], title: str, outer: str) -> str:
    """Draw frames in a window of rich's format *outer*."""
    shown = list(_cut(frames))
    rows = max(len(frame.lines) for frame in shown)
    numbers = {line: number for number, line in enumerate(dict.fromkeys(x for each in shown for x in each.lines))}
    styles, matrix = _export(numbers, "{styles}\0{matrix}", title).split("\0")
    drawn = _by_line(matrix)
    defs = "\n".join(f'<g id="l{number}">{drawn[number]}</g>' for number in sorted(drawn))
    body = "\n".join(_use(frame, numbers, drawn, number) for number, frame in enumerate(shown))
    window = _export([""] * rows, outer.replace("{styles}", "\0").replace("{matrix}", "\1"), title)
    window = re.sub(r'<clipPath id="film-line-\d+">.*?</clipPath>\s*', "", window, flags=re.DOTALL)
    return window.replace("\0", styles + _style(shown)).replace("\1", f"<defs>\n{defs}\n</defs>\n{body}")


def _cut(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Leave out what shows nothing new, and empty lines at the end."""
    last: list[str] | None = None
    for frame in frames:
        lines = list(frame.lines)
        while lines and not Text.from_ansi(lines[-1]).plain.strip():
            lines.pop()
        if lines != last:
            yield Frame(frame.at if last is not None else 0.0, lines)
        last = lines


def _export(lines: Iterable[str], form: str, title: str) -> str:
    console = Console(record=True, width=80, file=StringIO(), force_terminal=True, legacy_windows=False)
    for line in lines:
        console.print(Text.from_ansi(line), soft_wrap=True)
    return console.export_svg(title=title, code_format=form, unique_id="film")


def _by_line(matrix: str) -> dict[int, str]:
    """Sort the pieces of text that rich has drawn below one another by their line, each as if it were the first."""
    drawn: dict[int, str] = {}
    for attributes, y, rest, text in re.findall(
        r'<text class="film-(\S+" x="\S+") y="(\S+)"(.*?)>(.*?)</text>', matrix
    ):
        number = int(float(y) // LINE_HEIGHT)
        length = re.sub(r' clip-path="\S+"', "", rest)
        drawn[number] = drawn.get(number, "") + f'<text class="film-{attributes} y="20"{length}>{text}</text>'
    return drawn


def _use(frame: Frame, numbers: dict[str, int], drawn: dict[int, str], number: int) -> str:
    placed = ((numbers[line], row * LINE_HEIGHT) for row, line in enumerate(frame.lines))
    used = "".join(f'<use href="#l{line}" y="{y:g}"/>' for line, y in placed if line in drawn)
    return f'<g class="frame" id="f{number}">{used}</g>'


def _style(frames: Sequence[Frame]) -> str:
    """Say when each is to be seen."""
    seconds = frames[-1].at + STILL
    ends = [*(frame.at for frame in frames[1:]), seconds]
    named = "\n".join(f"#f{number} {{ animation-name: f{number}; }}" for number in range(len(frames)))
    keyframes = "\n".join(
        _keyframes(number, frame.at / seconds, end / seconds)
        for number, (frame, end) in enumerate(zip(frames, ends, strict=True))
    )
    return STYLE.format(seconds=seconds, frames=named, keyframes=keyframes)


def _keyframes(number: int, begin: float, end: float) -> str:
    steps = [(0.0, "hidden"), (begin, "visible"), (end, "hidden")]
    told = {f"{share:.2%}": word for share, word in steps if share < 1} | ({"100%": "visible"} if end >= 1 else {})
    return f"@keyframes f{number} {{ " + " ".join(f"{at} {{ visibility: {word}; }}" for at, word in told.items()) + " }"
