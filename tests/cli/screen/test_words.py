import pytest

from hubspot_async.cli.screen.words import counted, one_line, seconds, size
from hubspot_async.errors import InputError


@pytest.mark.parametrize(("value", "text"), [(0.04, "0.0 s"), (119.9, "119.9 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations(value: float, text: str) -> None:
    assert seconds(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_951, "1.0 MB"),
        (31_006_000, "31.0 MB"),
        (2_500_000_000_000, "2,500.0 GB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_numbers_of_things() -> None:
    assert counted(1, "row") == "1 row"
    assert counted(12_000, "row") == "12,000 rows"


def test_errors_are_one_line() -> None:
    assert one_line(InputError("two\nlines")) == "two lines"
    assert one_line(FileNotFoundError(2, "No such file or directory", "a.csv")) == "a.csv: No such file or directory"
    assert one_line(OSError("no number")) == "no number"
    assert one_line(OSError()) == "OSError"
