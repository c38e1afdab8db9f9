"""One folder renamed or moved in the background, with all that is below it."""

from collections.abc import Iterator
from typing import ClassVar

from hubspot_async.sandbox.answers import Refused, standard_error
from hubspot_async.sandbox.tasks import Task
from hubspot_async.sandbox.work.library import Folder, Library


class FolderUpdate(Task):
    """A folder update task; the tree changes at its end."""

    kind: ClassVar[str] = "folder_update"

    def __init__(
        self,
        id: str,
        account: str,
        requested: float,
        duration: float,
        *,
        folder_id: str,
        name: str | None,
        parent: str | None,
        library: Library,
    ) -> None:
        super().__init__(id, account, requested, duration)
        self.result: Folder | None = None
        self._folder_id = folder_id
        self._name = name
        self._parent = parent
        self._library = library

    def apply(self) -> Iterator[None]:
        """Change the tree, or end as CANCELED where that cannot be."""
        if self.outcome == "COMPLETE":
            try:
                self.result = self._library.change_folder(self._folder_id, self._name, self._parent, self.ended)
            except Refused as refusal:
                self.outcome = "CANCELED"
                self.errors = [standard_error("VALIDATION_ERROR", str(refusal), folderId=self._folder_id)]
        yield from ()
