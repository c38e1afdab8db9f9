"""An export's file: CSV, a zip of it when it is large, or XLSX."""

import csv
import hashlib
import importlib.util
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TypeAlias

from hubspot_async.sandbox.blobs import CHUNK, Blob, Disk
from hubspot_async.sandbox.crm import Record

Row: TypeAlias = Callable[[Record], list[str]]

_SLICE = 2_000
_NO_DATE = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Table:
    """What a file is to hold."""

    header: list[str]
    records: Sequence[Record]
    row: Row

    def parts(self, size: int) -> Iterator["Table"]:
        """Cut the table into parts of at most *size* rows, each with the same header."""
        for start in range(0, len(self.records) or 1, size):
            yield Table(self.header, self.records[start : start + size], self.row)


@dataclass(frozen=True, slots=True)
class Product:
    """A file that is ready to be fetched."""

    blob: Blob
    name: str
    content_type: str


def can_write_xlsx() -> bool:
    """Whether xlsxwriter is installed."""
    return importlib.util.find_spec("xlsxwriter") is not None


def write(
    table: Table, name: str, file_format: str, disk: Disk, *, zip_above: int, rows_per_file: int
) -> Iterator[Product | None]:
    """Write *table* step by step; the last step brings the file."""
    write_one = _write_xlsx if file_format == "XLSX" else _write_csv
    suffix = file_format.lower()
    parts: list[Blob] = []
    for part in table.parts(rows_per_file):
        for blob in write_one(part, disk):
            if blob is None:
                yield None
            else:
                parts.append(blob)
    if len(parts) == 1 and (file_format != "CSV" or parts[0].size <= zip_above):
        yield Product(parts[0], f"{name}.{suffix}", _CONTENT_TYPES[file_format])
        return
    names = [f"{name}.{suffix}"] if len(parts) == 1 else [f"{name}-{n}.{suffix}" for n in range(1, len(parts) + 1)]
    for zipped in _zip(dict(zip(names, parts, strict=True)), disk):
        yield None if zipped is None else Product(zipped, f"{name}.zip", "application/zip")


_CONTENT_TYPES = {
    "CSV": "text/csv;charset=utf-8",
    "XLSX": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _write_csv(table: Table, disk: Disk) -> Iterator[Blob | None]:
    writer = disk.writer()
    page = io.StringIO()
    lines = csv.writer(page, quoting=csv.QUOTE_ALL, lineterminator="\n")
    lines.writerow(table.header)
    for start in range(0, len(table.records), _SLICE):
        lines.writerows(table.row(record) for record in table.records[start : start + _SLICE])
        writer.write(page.getvalue().encode())
        page.seek(0)
        page.truncate()
        yield None
    writer.write(page.getvalue().encode())
    yield writer.blob()


def _write_xlsx(table: Table, disk: Disk) -> Iterator[Blob | None]:
    import xlsxwriter

    file = disk.open()
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    for column, label in enumerate(table.header):
        sheet.write_string(0, column, label)
    for number, record in enumerate(table.records, start=1):
        for column, cell in enumerate(table.row(record)):
            if cell:
                sheet.write_string(number, column, cell)
        if number % _SLICE == 0:
            yield None
    book.close()
    yield from _seal(file)


def _zip(members: dict[str, Blob], disk: Disk) -> Iterator[Blob | None]:
    file = disk.open()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, blob in members.items():
            info = zipfile.ZipInfo(name, _NO_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=blob.size > 1 << 31) as member:
                for start in range(0, blob.size, 16 * CHUNK):
                    member.write(blob.part(start, 16 * CHUNK))
                    yield None
            disk.drop(blob.file)
    yield from _seal(file)


def _seal(file: IO[bytes]) -> Iterator[Blob | None]:
    md5 = hashlib.md5(usedforsecurity=False)
    file.seek(0)
    while chunk := file.read(16 * CHUNK):
        md5.update(chunk)
        yield None
    yield Blob(file, file.tell(), md5.hexdigest())
