"""A picture that moves holds every frame once, and stands still for those who want it to."""

import re
from xml.etree import ElementTree as ET

from tests.terminal.film import STILL, Frame, draw
from tests.terminal.pictures import FORMAT

SVG = "{http://www.w3.org/2000/svg}"
FRAMES = [
    Frame(0.0, ["$"]),
    Frame(1.0, ["$ work", "", ""]),
    Frame(1.5, ["$ work", ""]),
    Frame(2.0, ["$ work", "\x1b[32mdone\x1b[0m  陽子 & <more>", "$"]),
]


def drawn() -> ET.Element:
    return ET.fromstring(draw(FRAMES, "hubspot-async work", FORMAT))


def style() -> str:
    return "".join(element.text or "" for element in drawn().iter(f"{SVG}style"))


def lines(frame: ET.Element) -> dict[str, str]:
    """Read what a frame shows, by the height at which it stands."""
    named = {f"#{group.get('id')}": "".join(group.itertext()) for group in drawn().iter(f"{SVG}g")}
    return {use.get("y", ""): named[use.get("href", "")].replace("\xa0", " ") for use in frame.iter(f"{SVG}use")}


def test_what_shows_nothing_new_is_no_frame_and_a_line_is_drawn_once() -> None:
    frames = [group for group in drawn().iter(f"{SVG}g") if group.get("class") == "frame"]
    assert [lines(frame) for frame in frames] == [
        {"0": "$"},
        {"0": "$ work"},
        {"0": "$ work", "24.4": "done  陽子 & <more>", "48.8": "$"},
    ]
    assert len({use.get("href") for frame in frames for use in frame.iter(f"{SVG}use")}) == 3


def test_each_frame_has_its_time_and_the_last_one_stays() -> None:
    found = re.findall(r"@keyframes f(\d) \{ (.*?) \}$", style(), re.MULTILINE)
    seconds = 2.0 + STILL
    assert f"animation: {seconds:.2f}s step-end infinite" in style()
    times = [dict(re.findall(r"([\d.]+)% \{ visibility: (\w+); \}", text)) for _, text in found]
    assert times == [
        {"0.00": "visible", f"{100 / seconds:.2f}": "hidden"},
        {"0.00": "hidden", f"{100 / seconds:.2f}": "visible", f"{200 / seconds:.2f}": "hidden"},
        {"0.00": "hidden", f"{200 / seconds:.2f}": "visible", "100": "visible"},
    ]


def test_who_wants_no_motion_sees_the_last_frame() -> None:
    still, _, moving = style().partition("@media (prefers-reduced-motion: no-preference)")
    assert ".frame { visibility: hidden; }" in still
    assert ".frame:last-of-type { visibility: visible; }" in still
    assert "animation" not in still
    assert "animation" in moving


def test_it_fetches_nothing_and_runs_nothing() -> None:
    names = {element.tag.removeprefix(SVG) for element in drawn().iter()}
    assert "script" not in names
    assert "url(http" not in draw(FRAMES, "x", FORMAT)
