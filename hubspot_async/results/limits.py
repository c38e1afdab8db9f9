"""How much of a file is believed before it is refused."""

from __future__ import annotations

from attrs import field

from hubspot_async.classes import frozen
from hubspot_async.models import checks

MEBIBYTE = 2**20


@frozen(kw_only=True)
class Limits:
    """What a file may ask of this machine; beyond it the file is refused with a FileFormatError.

    The defaults leave room for all that HubSpot makes, and stop a file that was made to do harm.
    """

    row: int = field(default=16 * MEBIBYTE, validator=checks.positive)
    """Characters of one row, and so of one cell. A quote that is never closed is noticed here at the latest."""
    members: int = field(default=1_000, validator=checks.positive)
    """Files in a zip. HubSpot puts a million rows into each."""
    ratio: int = field(default=200, validator=checks.positive)
    """How many times larger than a zip its unpacked files may be, taken together …"""
    unpacked: int = field(default=1024 * MEBIBYTE, validator=checks.positive)
    """… where they are more bytes than this."""
    sheet: int = field(default=512 * MEBIBYTE, validator=checks.positive)
    """Unpacked bytes of a spreadsheet that is read as rows; its reader may take eight times the memory."""

    def unpacked_from(self, packed: int) -> int:
        """Tell how many bytes a zip of *packed* bytes may unpack to."""
        return max(self.unpacked, packed * self.ratio)


DEFAULT = Limits()
