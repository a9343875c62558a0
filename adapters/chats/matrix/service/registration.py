"""`threadline matrix registration`: what a homeserver has to know to take us for an application service.

The file is made once and kept in the home; its tokens are a login at the homeserver, and the homeserver's login here.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import NamedTuple

import msgspec

from adapters.chats.matrix.names import localpart, server_of
from adapters.chats.matrix.settings import Settings, checked
from adapters.files import replaced
from bot.errors import SettingsError
from bot.ports import Context, Secret

FILE = "registration.yaml"
"""The file, in the adapter's folder, for its owner's eyes alone. It is JSON, and JSON is YAML."""


class Registration(NamedTuple):
    """How we are known to the homeserver, and it to us."""

    id: str
    url: str
    """Where the homeserver sends us what happens; empty: nowhere, and we ask it."""
    token: Secret
    theirs: Secret
    """What the homeserver shows to prove that it is itself."""


class _Names(msgspec.Struct, frozen=True):
    regex: str
    exclusive: bool = True


class _Namespaces(msgspec.Struct, frozen=True):
    users: tuple[_Names, ...]
    aliases: tuple[_Names, ...] = ()
    rooms: tuple[_Names, ...] = ()


class _Written(msgspec.Struct, frozen=True):
    """The file, as homeservers read it."""

    id: str
    url: str | None
    as_token: str
    hs_token: str
    sender_localpart: str
    namespaces: _Namespaces
    rate_limited: bool = False
    makes_devices: bool = msgspec.field(name="io.element.msc4190", default=True)
    """Asks homeservers that need to be asked to let us make devices, by which repetitions are known."""


def registered(settings: Settings, folder: Path) -> Registration:
    """The registration that was made for these settings; raises `SettingsError` where there is none."""
    file = folder / FILE
    kept = _read(file)
    if kept is None:
        raise SettingsError("appservice: there is no registration yet; `threadline matrix registration` makes it")
    if _wanted(settings, kept, kept.url) != kept:
        raise SettingsError(
            f"user, ghosts: {file} was made for others than the settings name; `threadline matrix registration` "
            "writes it anew, for the homeserver to read again"
        )
    return Registration(kept.id, kept.url or "", Secret(kept.as_token), Secret(kept.hs_token))


async def register(settings: Settings, context: Context) -> str:
    """Make the registration, or find the one that was made; what the admin of the homeserver has to do with it."""
    settings = checked(msgspec.structs.replace(settings, appservice=True))
    file = context.folder / FILE
    before = await context.work(_read, file)
    given = before or _Written("", None, secrets.token_urlsafe(32), secrets.token_urlsafe(32), "", _Namespaces(()))
    if settings.pushed and not context.public:
        raise SettingsError("pushed: nobody knows where to; set `public` of [web], which the homeserver must reach")
    wanted = _wanted(settings, given, at(context) if settings.pushed else None)
    if wanted != before:
        await context.work(replaced, file, msgspec.json.format(msgspec.json.encode(wanted), indent=2) + b"\n")
    done = "The registration stands as it was" if wanted == before else "The registration was written"
    return "\n".join(
        (
            f"{done}, in {file}",
            "1. Give the homeserver a copy that it may read, and nobody else: whoever has it can speak as",
            f"   {settings.user}, and as everybody whose name begins with @{settings.ghosts}. In its settings,",
            "   which Synapse has in homeserver.yaml:",
            "     app_service_config_files:",
            f"       - /etc/matrix-synapse/{wanted.id}.yaml",
            "2. Restart the homeserver: it reads this at its start alone.",
            "3. Put `appservice = true` beside the login's other settings here, and start Threadline.",
            _pushed(wanted.url),
        )
    )


def at(context: Context) -> str:
    """Where the homeserver reaches us."""
    return f"{context.public}/{mount(context)}"


def mount(context: Context) -> str:
    """The first step of the addresses below which the homeserver reaches us; each login has its own."""
    return f"matrix-{context.name}"


def _pushed(url: str | None) -> str:
    if url is None:
        return "The homeserver is asked what happens (`url` is null); it sends nothing by itself."
    return f"The homeserver tells besides, at {url}, that something happened; it must be able to reach that."


def _wanted(settings: Settings, given: _Written, url: str | None) -> _Written:
    """The registration that the settings ask for, with tokens that are there.

    The account that a registration names as its own may not sync, so ours is another one. Without aliases we could make
    no rooms; but of rooms whose aliases are ours everything would be sent to us, whether we are in them or not.
    """
    name, server = f"{localpart(settings.user)}-service", re.escape(server_of(settings.user))
    users = (f"@{re.escape(settings.ghosts)}.*:{server}", re.escape(settings.user))
    aliases = () if url is not None else (_Names(f"#.*:{server}", exclusive=False),)
    return msgspec.structs.replace(
        given,
        id=name,
        url=url,
        sender_localpart=name,
        namespaces=_Namespaces(tuple(map(_Names, users)), aliases),
        rate_limited=False,
    )


def _read(file: Path) -> _Written | None:
    """What stands in the file, None where there is none; raises `SettingsError` where it is something else."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Written)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"appservice: {file} cannot be read ({error.strerror}); it has to be ours") from error
    except (msgspec.DecodeError, ValueError):
        raise SettingsError(
            f"appservice: {file} is no registration of ours; remove it, and `threadline matrix registration` makes "
            "another, for the homeserver to read"
        ) from None
