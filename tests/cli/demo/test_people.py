import re
from pathlib import Path

from hubspot_async.cli.demo import people
from hubspot_async.cli.demo.sheet import Sheet


def test_500_people_each_time_the_same(tmp_path: Path) -> None:
    one, other = people.write(tmp_path / "one.csv"), people.write(tmp_path / "other.csv")
    assert one.read_bytes() == other.read_bytes()
    sheet = Sheet.read(one)
    assert len(sheet.rows) == 500
    assert sheet.header == people.HEADER
    assert sheet.key == "Email"


def test_they_hold_what_csv_can_stumble_over() -> None:
    cells = {cell for row in people.people() for cell in row}
    for trap in ('"', ",", "\n", "\r\n", "\t", "é", "陽", "🎉", "\\"):
        assert any(trap in cell for cell in cells), trap
    assert {"", "00007", "=1+1"} <= cells
    assert any(cell != cell.strip() for cell in cells)


def test_their_addresses_are_plain() -> None:
    for email, *_ in people.people():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+\.\d+@example\.com", email)
