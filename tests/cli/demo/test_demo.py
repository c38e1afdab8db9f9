import csv
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import ImportRequest, imports
from hubspot_async.cli import main
from hubspot_async.cli.demo import job
from hubspot_async.sandbox import Sandbox
from tests.cli import commands

pytestmark = pytest.mark.usefixtures("quick_looks")

QUICK = ("--task-seconds", "0.05")
FEW = 'Id,Name,"Größe, cm"\r\n1,"Ana ""A."" Ó Sé",170\r\n2,"Bo, Jr.",\r\n3,"Carl\nof two lines",182.5\r\n4,Dée,170\r\n'


@pytest.fixture
def few(tmp_path: Path) -> Path:
    path = tmp_path / "few.csv"
    path.write_bytes(FEW.encode())
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def by_all_cells(rows: list[dict[str, str]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(row.items()) for row in rows)


@pytest.mark.slow
def test_people_made_up_go_in_and_come_back(tmp_path: Path) -> None:
    done = commands.run("demo", *QUICK, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    for kind in ("import", "export", "file-import", "folder-update"):
        assert any(line.startswith(f"{kind} ") for line in done.stdout.splitlines())
    for figure in ("tasks ", "polls ", "lateness ", "files ", "checked "):
        assert f"\n{figure}" in done.stdout
    names = ["people-all.csv", "people-filtered.csv", "people-listed.csv"]
    assert sorted(path.name for path in (tmp_path / "hubspot-exports").iterdir()) == names
    assert [path.name for path in tmp_path.iterdir()] == ["hubspot-exports"]


@pytest.mark.slow
def test_a_second_run_replaces_its_own_files_and_leaves_others(tmp_path: Path, few: Path) -> None:
    folder = tmp_path / "out" / "deep"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    (folder / "few-all.csv").write_text("of an earlier run")
    assert main(["demo", str(few), "--to", str(folder), *QUICK]) == 0
    assert (folder / "mine.txt").read_text() == "mine"
    assert by_all_cells(rows_of(folder / "few-all.csv")) == by_all_cells(rows_of(few))
    assert [row["Id"] for row in rows_of(folder / "few-listed.csv")] == ["1", "4"]


@pytest.mark.slow
def test_rows_that_nothing_tells_apart_come_back_as_often_as_they_went_in(tmp_path: Path) -> None:
    path = tmp_path / "doubles.csv"
    path.write_text("Name,City\nAna,Cork\nBo,Cork\nAna,Cork\n", encoding="utf-8")
    assert main(["demo", str(path), "--to", str(tmp_path / "out"), *QUICK]) == 0
    assert len(rows_of(tmp_path / "out" / "doubles-all.csv")) == 3


@pytest.mark.slow
def test_503_real_companies_come_back_cell_for_cell(sp500: Path, tmp_path: Path) -> None:
    done = commands.run("demo", sp500, *QUICK, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    sent, back = rows_of(sp500), rows_of(tmp_path / "hubspot-exports" / "sp500-companies-all.csv")
    assert len(sent) == 503
    assert list(back[0]) == list(sent[0])
    assert by_all_cells(back) == by_all_cells(sent)


@pytest.mark.slow
def test_a_cell_changed_on_the_way_is_found(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = imports.start

    async def start_with_another_cell(session: Any, plan: ImportRequest, path: Path) -> Any:
        return await start(session, plan, {path.name: path.read_bytes().replace(b"Carl", b"Karl")})

    monkeypatch.setattr(job.imports, "start", start_with_another_cell)
    assert main(["demo", str(few), "--to", str(tmp_path), *QUICK]) == 1
    out = capsys.readouterr().out
    assert "few-all.csv: Id '3', Name: 'Karl\\nof two lines' instead of 'Carl\\nof two lines'" in out
    assert "checked " not in out


@pytest.mark.slow
def test_a_task_that_fails_is_told_and_the_others_go_on(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Sandbox, "host_file", lambda self, *_: f"{self.download_url}/hosted/9/nothing.csv")
    assert main(["demo", str(few), "--to", str(tmp_path), *QUICK]) == 1
    out = capsys.readouterr().out
    assert "ended as CANCELED: the URL answered 404" in out
    assert (tmp_path / "few-all.csv").exists()


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = commands.run("demo", "missing.csv", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr == "hubspot-async: missing.csv: No such file or directory\n"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_table_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.csv"
    path.touch()
    assert main(["demo", str(path)]) == 2
    assert commands.is_one_line(capsys.readouterr().err)


def test_a_folder_that_is_a_file_is_one_line(few: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", str(few), "--to", str(few)]) == 7
    assert commands.is_one_line(capsys.readouterr().err)
