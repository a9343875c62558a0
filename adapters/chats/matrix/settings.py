"""What can be set for a login at a Matrix homeserver."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from adapters.chats.matrix.names import GHOSTS, MOST_STARS, PERSON, PERSONS
from bot.errors import SettingsError
from bot.ports import Secret

MOST_IMAGES = 10
"""Of one message; further ones stay links."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one login: the homeserver, who we are there, and either a token or a password."""

    homeserver: str = ""
    """Its address, such as https://matrix.example.org: the one that clients connect to."""
    user: str = ""
    """Who we are: "@threadline:example.org". A login by password needs it, and an application service."""
    token: Secret = Secret("")
    """An access token that lasts. It goes before the password."""
    password: Secret = Secret("")
    """Logs in; the token and the device that it brings are kept in the home. `threadline matrix login` asks for it."""
    allow_servers: tuple[str, ...] = ()
    """Servers besides our own whose rooms are entered when somebody asks for it."""
    prefix: str = "!"
    """What a command begins with, before "forum" or "mirror"."""
    invite: tuple[str, ...] = ()
    """Who is invited into rooms that are made, with the same power as we have there."""
    public: bool = False
    """Whether everybody may enter rooms that are made; else those who are invited, or in the space."""
    space: str = ""
    """The space that rooms are put into that are made, by its alias; it is made where it is missing. Empty: none."""
    bots: tuple[str, ...] = ()
    """People who are programs, such as the ghosts of another bridge: "@irc_*:example.org". `*` stands for any signs.
    Nothing that they say goes to a forum, and they give no commands."""
    images: int = MOST_IMAGES
    """Images of one message that are uploaded; further ones stay links."""
    attachments: Literal["inline", "messages"] = "inline"
    """Where images of a post stand: in its text, or each behind it as a message of its own, as recordings do then."""
    appservice: bool = False
    """Whether we are an application service, with one ghost for each author; `threadline matrix registration` makes
    what the homeserver has to know for it. Token and password are not needed then."""
    ghosts: str = "forum_"
    """What the names of ghosts begin with on the homeserver."""
    pushed: bool = False
    """Whether the homeserver tells an application service by itself that something happened, at `public` of [web]."""
    original_times: bool = True
    """Whether messages of an application service bear the time at which their posts were written."""


def checked(settings: Settings) -> Settings:
    """The settings, with the homeserver's address in its plain form; SettingsError with a line for every wrong one."""
    wrong, homeserver = [], settings.homeserver.rstrip("/")
    try:
        parts = urlsplit(homeserver)
        _ = parts.port
        fit = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.username or parts.query)
    except ValueError:
        fit = False
    if not fit:
        wrong.append(f"homeserver: {settings.homeserver!r} is no address, write one like 'https://matrix.example.org'")
    if settings.appservice:
        if not PERSON.fullmatch(settings.user):
            wrong.append(f"user: {settings.user!r} is nobody's id, write one like '@threadline:example.org'")
        if not GHOSTS.fullmatch(settings.ghosts):
            wrong.append(f"ghosts: {settings.ghosts!r} cannot begin a name there, write one like 'forum_'")
    elif not settings.token and not settings.user:
        wrong.append("user: a login by password needs it, such as '@threadline:example.org'; or set a token")
    if not settings.prefix.strip() or len(settings.prefix) > 10:
        wrong.append(f"prefix: {settings.prefix!r} cannot begin a command, write a sign like '!'")
    for person in settings.invite:
        if not PERSON.fullmatch(person):
            wrong.append(f"invite: {person!r} is nobody's id, write one like '@ada:example.org'")
    for some in settings.bots:
        if not PERSONS.fullmatch(some) or not some.strip("@:*.-") or some.count("*") > MOST_STARS:
            wrong.append(f"bots: {some!r} names no programs, write ids like '@irc_*:example.org' with at most 4 `*`")
    if not 0 <= settings.images <= MOST_IMAGES:
        wrong.append(f"images: {settings.images} is none of 0 to {MOST_IMAGES}")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return msgspec.structs.replace(settings, homeserver=homeserver)
