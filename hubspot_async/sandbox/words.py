"""Sets of HubSpot's words, written as plain text."""


def words(text: str) -> frozenset[str]:
    """Make a set of the words in *text*."""
    return frozenset(text.split())
