"""Pure: the addresses of a forum in memory."""

from __future__ import annotations

from urllib.parse import urlsplit

ADDRESS = "https://forum.example"
"""Where the links of a `FakeForum` lead; the domain is reserved, nothing is there."""


def parts(address: str) -> tuple[str, str, str]:
    """The kind ("t", "b" or empty), the key and the post of an address of this forum."""
    try:
        split = urlsplit(address.strip())
        steps = split.path.strip("/").split("/")
        if f"{split.scheme}://{split.netloc}" == ADDRESS and len(steps) == 2:
            return steps[0], steps[1], split.fragment
    except ValueError:
        pass
    return "", "", ""
