"""What can be set for a server of Isso."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from adapters.engines.addresses import rooted
from adapters.engines.settings import no_site, refused, too_small


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one server; only its address is needed."""

    address: str = ""
    """Where Isso answers, with the path that it is under: what stands in `data-isso` of the pages that show it."""
    site: str = ""
    """Where those pages are; empty: where the server says that they are."""
    pages: tuple[str, ...] = ()
    """Paths of the pages whose comments make up the board; empty: all, by the server's list of the newest comments."""
    email: str = ""
    """An address that goes with every comment, where the site wants one; it is shown to nobody but the site's owner."""
    min_interval: float = 60.0
    """Seconds between two readings of one page's comments, at least."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings that were checked."""

    base: str
    """The server's address without a slash at the end."""
    site: str = ""
    """Scheme and host of the pages; empty where the server is asked for them."""
    pages: tuple[str, ...] = ()
    email: str = ""


def checked(settings: Settings) -> Rules:
    """The settings in the form in which they are used; SettingsError with a line for every wrong one."""
    wrong = no_site(settings.address, kind="server of Isso", like="https://comments.example.org")
    site = rooted(settings.site)
    if settings.site and (not site or urlsplit(site).path):
        wrong.append(f"site: {settings.site!r} is no site, write one like 'https://blog.example.org'")
    for page in settings.pages:
        if not page.strip() or "\n" in page:
            wrong.append(f"pages: {page!r} is no page, write its path, like '/2026/hello/'")
    if settings.email and ("@" not in settings.email or len(settings.email) > 254):
        wrong.append(f"email: {settings.email!r} is no address, write one like 'bridge@example.org'")
    wrong += too_small(settings, min_interval=1.0)
    refused(wrong)
    return Rules(rooted(settings.address), site, settings.pages, settings.email)
