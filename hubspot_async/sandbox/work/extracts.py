"""One zip of the developer file system unpacked in the background."""

from typing import ClassVar

from hubspot_async.sandbox.tasks import Task


class Extract(Task):
    """A source-code extract task; only its status is ever seen."""

    kind: ClassVar[str] = "extract"
