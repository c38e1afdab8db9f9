"""The files and folders of one account: a tree whose paths follow when a folder moves."""

import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hubspot_async.sandbox.answers import conflict, invalid, not_found
from hubspot_async.sandbox.blobs import Blob
from hubspot_async.sandbox.words import words

ROOT = ""
ACCESS = words(
    "PUBLIC_INDEXABLE PUBLIC_NOT_INDEXABLE PRIVATE SENSITIVE HIDDEN_INDEXABLE HIDDEN_NOT_INDEXABLE HIDDEN_PRIVATE "
    "HIDDEN_SENSITIVE"
)
STRATEGIES = frozenset({"NONE", "REJECT", "RETURN_EXISTING"})
SCOPES = frozenset({"ENTIRE_PORTAL", "EXACT_FOLDER"})


@dataclass(slots=True, eq=False)
class Folder:
    """One folder; *parent* is the id of another, or ROOT."""

    id: str
    name: str
    parent: str
    created: float
    updated: float
    archived_at: float | None = None


@dataclass(slots=True, eq=False)
class File:
    """One file and its content."""

    id: str
    name: str
    extension: str
    parent: str
    access: str
    blob: Blob
    created: float
    updated: float
    expires: float | None = None
    usable_in_content: bool = True
    archived_at: float | None = None

    @property
    def full_name(self) -> str:
        """The name with its extension, as it was uploaded."""
        return f"{self.name}.{self.extension}" if self.extension else self.name

    @property
    def is_hidden(self) -> bool:
        """Whether searches leave the file out."""
        return self.access.startswith("HIDDEN")

    @property
    def is_public(self) -> bool:
        """Whether anyone may fetch the file by its URL."""
        return self.access.startswith("PUBLIC")

    @property
    def media_type(self) -> str:
        """The content's type in the words of HTTP."""
        return mimetypes.guess_type(f"_.{self.extension}")[0] or "application/octet-stream"

    @property
    def type(self) -> str:
        """The content's type in HubSpot's words."""
        main = self.media_type.partition("/")[0]
        if main in {"image", "audio", "video"}:
            return {"image": "IMG", "audio": "AUDIO", "video": "MOVIE"}[main]
        return "OTHER" if self.media_type == "application/octet-stream" else "DOCUMENT"


@dataclass(frozen=True, slots=True)
class Placing:
    """How a new file is to be put into the library."""

    name: str
    parent: str
    access: str
    overwrite: bool = False
    strategy: str = "NONE"
    scope: str = "ENTIRE_PORTAL"
    expires: float | None = None


class Library:
    """All files and folders of an account, archived ones included."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.files: dict[str, File] = {}
        self.folders: dict[str, Folder] = {}
        self._new_id = new_id
        self._names: dict[tuple[str, str], str] = {}
        self._shelf: dict[tuple[str, str], File] = {}
        self._copies: dict[tuple[str, str], int] = {}

    # Folders

    def folder(self, folder_id: str) -> Folder:
        """Find a folder by its id."""
        found = self.folders.get(folder_id)
        if found is None or found.archived_at is not None:
            raise not_found(f"No folder found for id {folder_id}")
        return found

    def folder_at(self, path: str) -> Folder | None:
        """Find a folder by its path; the root is none."""
        parent = ROOT
        for name in _parts(path):
            parent = self._names.get((parent, name.casefold()), "")
            if not parent:
                return None
        return self.folders.get(parent)

    def path_of(self, folder_id: str) -> str:
        """The path of a folder; of the root, nothing."""
        names: list[str] = []
        while folder_id != ROOT:
            folder = self.folders[folder_id]
            names.append(folder.name)
            folder_id = folder.parent
        return "".join(f"/{name}" for name in reversed(names))

    def create_folder(self, name: str, parent: str, now: float) -> Folder:
        """Make a folder."""
        self._check_name(name, parent)
        folder = Folder(self._new_id(), name, parent, now, now)
        self.folders[folder.id] = folder
        self._names[(parent, name.casefold())] = folder.id
        return folder

    def ensure_folder(self, path: str, now: float) -> str:
        """Find the folder at *path*, making whatever is missing of it; say its id."""
        parent = ROOT
        for name in _parts(path):
            found = self._names.get((parent, name.casefold()))
            parent = found or self.create_folder(name, parent, now).id
        return parent

    def change_folder(self, folder_id: str, name: str | None, parent: str | None, now: float) -> Folder:
        """Rename or move a folder, and with it all that is below."""
        folder = self.folder(folder_id)
        new_name, new_parent = name or folder.name, folder.parent if parent is None else parent
        if new_parent != ROOT:
            self.folder(new_parent)
            if folder_id in self._ancestry(new_parent):
                raise invalid("A folder cannot be moved into itself", context={"folderId": [folder_id]})
        if (new_parent, new_name.casefold()) != (folder.parent, folder.name.casefold()):
            self._check_name(new_name, new_parent)
        del self._names[(folder.parent, folder.name.casefold())]
        folder.name, folder.parent, folder.updated = new_name, new_parent, now
        self._names[(new_parent, new_name.casefold())] = folder_id
        return folder

    def delete_folder(self, folder_id: str, now: float) -> None:
        """Archive a folder and all that is below."""
        folder = self.folder(folder_id)
        for child in [child for child in self.folders.values() if child.parent == folder_id]:
            if child.archived_at is None:
                self.delete_folder(child.id, now)
        for file in [file for file in self.files.values() if file.parent == folder_id]:
            if file.archived_at is None:
                self.delete_file(file, now)
        folder.archived_at = now
        del self._names[(folder.parent, folder.name.casefold())]

    def _check_name(self, name: str, parent: str) -> None:
        if not name or "/" in name:
            raise invalid(f"{name!r} is not a valid folder name", context={"name": [name]})
        if (parent, name.casefold()) in self._names:
            raise conflict(f"A folder named {name!r} already exists there")

    def _ancestry(self, folder_id: str) -> Iterator[str]:
        while folder_id != ROOT:
            yield folder_id
            folder_id = self.folders[folder_id].parent

    # Files

    def file(self, file_id: str, now: float) -> File:
        """Find a file by its id; expired and deleted ones are gone."""
        found = self.files.get(file_id)
        if found is None or found.archived_at is not None or (found.expires is not None and found.expires <= now):
            raise not_found(f"No file found for id {file_id}")
        return found

    def file_at(self, path: str) -> File | None:
        """Find a file by its path."""
        *folders, name = _parts(path) or [""]
        parent = self.folder_at("/".join(folders))
        if folders and parent is None:
            return None
        return self._shelf.get((parent.id if parent else ROOT, name.casefold()))

    def duplicate(self, placing: Placing, md5: str) -> File | None:
        """Find a file of the same content where the validation looks for one."""
        if placing.strategy == "NONE":
            return None
        for file in self.files.values():
            in_scope = placing.scope == "ENTIRE_PORTAL" or file.parent == placing.parent
            if file.archived_at is None and file.blob.md5 == md5 and in_scope:
                return file
        return None

    def put(self, placing: Placing, blob: Blob, now: float) -> File:
        """Add a file, as its placing and the check for duplicates want it."""
        existing = self.duplicate(placing, blob.md5)
        if existing is not None and placing.strategy == "RETURN_EXISTING":
            return existing
        if existing is not None:
            raise invalid("A duplicate file was found", code="DUPLICATE_FILE", context={"fileId": [existing.id]})
        place = (placing.parent, placing.name.casefold())
        name = placing.name
        if place in self._shelf:
            if placing.overwrite:
                self.delete_file(self._shelf[place], now)
            else:
                name = self._free_name(placing.name, placing.parent)
        stem, extension = split_name(name)
        file = File(self._new_id(), stem, extension, placing.parent, placing.access, blob, now, now, placing.expires)
        self.files[file.id] = self._shelf[_place(file)] = file
        return file

    def change_file(self, file: File, name: str | None, parent: str | None, now: float) -> None:
        """Rename or move a file; its extension stays."""
        new_name, new_parent = name or file.name, file.parent if parent is None else parent
        moved = replace(file, name=new_name, parent=new_parent)
        if self._shelf.get(_place(moved), file) is not file:
            raise conflict(f"A file named {moved.full_name!r} already exists there")
        del self._shelf[_place(file)]
        file.name, file.parent, file.updated = new_name, new_parent, now
        self._shelf[_place(file)] = file

    def replace_content(self, file: File, blob: Blob, extension: str, now: float) -> None:
        """Give a file other bytes under the same id."""
        del self._shelf[_place(file)]
        file.blob, file.extension, file.updated = blob, extension or file.extension, now
        self._shelf[_place(file)] = file

    def delete_file(self, file: File, now: float) -> None:
        """Archive a file."""
        file.archived_at = now
        self._shelf.pop(_place(file), None)

    def _free_name(self, name: str, parent: str) -> str:
        stem, extension = split_name(name)
        place = (parent, name.casefold())
        while True:
            self._copies[place] = number = self._copies.get(place, 0) + 1
            candidate = f"{stem}-{number}" + (f".{extension}" if extension else "")
            if (parent, candidate.casefold()) not in self._shelf:
                return candidate


def split_name(name: str) -> tuple[str, str]:
    """Split a file's name into stem and extension, as HubSpot keeps them apart."""
    stem, dot, extension = name.rpartition(".")
    return (stem, extension) if dot and stem else (name, "")


def _place(file: File) -> tuple[str, str]:
    return (file.parent, file.full_name.casefold())


def _parts(path: str) -> list[str]:
    return [name for name in path.split("/") if name]
