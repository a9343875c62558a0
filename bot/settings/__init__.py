"""The settings file and the environment → frozen structs; every mistake is named with its line, all at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from bot import answering
from bot.errors import SettingsError
from bot.mirroring import Layout
from bot.options import Given
from bot.settings.checking import check
from bot.settings.reading import Adapters, Installed, Reading, extras
from bot.settings.values import fields, is_secret

Text = Annotated[str, msgspec.Meta(min_length=1)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]

DEFAULT_CHAT = "web"
"""The chat that runs where no settings file says otherwise."""

LARGEST = 1024 * 1024
"""Bytes of a settings file that are read."""

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


class Web(msgspec.Struct, frozen=True):
    """Where the web pages are served."""

    host: Text = "127.0.0.1"
    """The address to listen on; anything but loopback can be reached from other machines."""
    port: Port = 8080
    """0 takes any free one."""
    hosts: tuple[Text, ...] = ()
    """Further names ("forum.example.org", "forum.example.org:8443") under which the pages may be asked for."""
    public: str = ""
    """The https address under which other sites reach the pages, for those that push news; empty where none can."""


class Net(msgspec.Struct, frozen=True):
    """What the program may reach, and how it introduces itself."""

    allow: tuple[Text, ...] = ()
    """Private places that may be reached: "host", "host:port" or "10.0.0.0/8"."""
    contact: str = ""
    """An address or e-mail that forums are told in the User-Agent."""


class Configured(msgspec.Struct, frozen=True):
    """A forum or chat: its adapter's name and, as that adapter's own struct, what it was told."""

    adapter: str
    values: Any


class Mirror(msgspec.Struct, frozen=True):
    """A mirror that is there from the start."""

    address: Text
    into: Text
    """The channel, as "chat:channel", or "chat:+" for one of its own."""
    layout: Layout = Layout.THREADS
    replies: Literal["all", "replies", "none"] = "all"
    """Which messages of the chat go back to the forum at first."""
    accounts: Literal["any", "own"] | None = None
    """Whose account they are posted with: their author's own alone, or else the one that the forum's settings name.
    This and all below: what is not set stays as admins last said."""
    who: tuple[str, ...] | None = msgspec.field(default=None, name="from")
    """The roles or levels ("level 50") of which somebody has to have one; ["anybody"] for all."""
    merge: str | None = None
    """How long more of the same person is waited for, to make one post of it, such as "20s"."""
    at_most: int | None = None
    """Posts of one person in ten minutes; 0 is the usual 20."""
    words: tuple[str, ...] | None = None
    """Threads are shown whose OP holds one of these."""
    not_words: tuple[str, ...] | None = None
    """What holds one of these is left out, with an OP its whole thread."""
    authors: tuple[str, ...] | None = None
    not_authors: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    not_tags: tuple[str, ...] | None = None
    posts: Literal["all", "ops"] | None = None
    """Whether replies are shown."""
    delay: str | None = None
    """How long new posts wait, such as "10m"."""
    max_length: int | None = None
    """Characters of a post that are shown; 0 shows it whole."""

    private: Literal["", "show"] = ""
    """Whether what guests cannot read is shown to whoever reads the channel."""

    @property
    def given(self) -> Given:
        """The options that are set."""
        return Given(**{name: getattr(self, name) for name in Given.__struct_fields__})

    @property
    def rules(self) -> answering.Given:
        """Who may answer, as far as that is set."""
        return answering.Given(None, self.accounts, self.who, self.merge, self.at_most)


class Community(msgspec.Struct, frozen=True):
    """What holds for the community that the settings' mirrors belong to."""

    notices: str = ""
    """The channel for the admins, as "chat:channel"; empty for none."""
    language: str = "en"
    """The language that commands, notices and pages speak: a folder of `bot/texts`."""


class Delivery(msgspec.Struct, frozen=True):
    """How what is owed is delivered and kept."""

    settle_seconds: Annotated[float, msgspec.Meta(ge=0)] = 50.0
    """After how long a request can no longer land: the longest call (20 s) and 30 s more."""
    retention_days: Annotated[int, msgspec.Meta(ge=0)] = 0
    """After how many days the text of a post leaves the database; 0 keeps it."""


class Readers(msgspec.Struct, frozen=True):
    """What holds for everybody who reads."""

    days: Annotated[int, msgspec.Meta(ge=0)] = 30
    """How far back something can be new to anybody; 0: however old it is."""


class Media(msgspec.Struct, frozen=True):
    """How much is fetched and kept of the images and files that stand in posts, or that people put on messages."""

    file_bytes: Annotated[int, msgspec.Meta(ge=0)] = 8 * 1024 * 1024
    """Bytes of the largest one that is fetched."""
    cache_bytes: Annotated[int, msgspec.Meta(ge=0)] = 256 * 1024 * 1024
    """Bytes of all that are kept; what was looked at longest ago leaves first. 0 fetches none: links stay."""


class Settings(msgspec.Struct, frozen=True):
    """Everything that can be set, checked."""

    web: Web = Web()
    net: Net = Net()
    forums: dict[str, Configured] = {}
    chats: dict[str, Configured] = {}
    mirrors: tuple[Mirror, ...] = ()
    community: Community = Community()
    operators: tuple[Text, ...] = ()
    """People, as "chat:user", who see and manage every community."""
    delivery: Delivery = Delivery()
    reading: Readers = Readers()
    media: Media = Media()

    def forum_at(self, address: str) -> str | None:
        """The forum of the settings whose own `address` begins this one, the longest first; None where none does."""
        place = site(address)
        if place is None:
            return None
        found = [
            (len(own[1]), name)
            for name, forum in self.forums.items()
            if (own := site(str(getattr(forum.values, "address", "") or ""))) is not None
            and own[0] == place[0]
            and place[1][: len(own[1])] == own[1]
        ]
        return max(found, key=lambda one: one[0])[1] if found else None


def site(address: str) -> tuple[str, tuple[str, ...]] | None:
    """Host with port, and the steps of the path, of a web address; None for what is none."""
    try:
        parts = urlsplit(address.strip() if "://" in address else f"//{address.strip()}")
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or not parts.hostname:
        return None
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.hostname if port in (None, usual) else f"{parts.hostname}:{port}"
    return host, tuple(step for step in parts.path.split("/") if step)


TABLES: dict[str, type[msgspec.Struct]] = {
    "web": Web,
    "net": Net,
    "community": Community,
    "delivery": Delivery,
    "reading": Readers,
    "media": Media,
}
"""The tables with fixed keys."""


def load(
    path: Path | None,
    environ: Mapping[str, str],
    adapters: Adapters,
    installed: Installed,
    *,
    brought: Callable[[], list[str]] = extras,
) -> Settings:
    """The settings in force: defaults, then the file, then the environment; None for no file.

    `adapters(kind, name)` gives the struct of an adapter's own settings, None where it is not installed;
    `installed(kind)` names the adapters there are; `brought` those that an extra of this program would install.
    THREADLINE_TABLE_KEY sets a key of [web], [net], [community], [delivery], [reading] and [media];
    THREADLINE_FORUMS_NAME_KEY and THREADLINE_CHATS_NAME_KEY one of an adapter's; PORT the web port. Of a secret,
    KEY_file in the file and …_KEY_FILE in the environment name a file that holds it; …_KEY goes before …_KEY_FILE.
    Raises `SettingsError` with one line for every mistake.
    """
    text, data = _parsed(path)
    reading = Reading(str(path) if path is not None else "", text, data, environ, adapters, installed, brought)
    reading.top([*TABLES, "forums", "chats", "mirrors", "operators"], TABLES)
    mirrors = reading.blocks("mirrors", Mirror)
    settings = Settings(
        web=reading.fixed("web", Web),
        net=reading.fixed("net", Net),
        forums={name: Configured(*found) for name, found in reading.configured("forum").items()},
        chats={name: Configured(*found) for name, found in reading.configured("chat").items()},
        mirrors=tuple(mirrors.values()),
        community=reading.fixed("community", Community),
        operators=reading.value("operators", tuple[Text, ...], ()),
        delivery=reading.fixed("delivery", Delivery),
        reading=reading.fixed("reading", Readers),
        media=reading.fixed("media", Media),
    )
    reading.environment(TABLES)
    check(settings, mirrors, reading)
    if reading.mistakes:
        raise SettingsError("\n".join(reading.told()))
    if not settings.chats and path is None and (own := adapters("chat", DEFAULT_CHAT)) is not None:
        return msgspec.structs.replace(settings, chats={DEFAULT_CHAT: Configured(DEFAULT_CHAT, own())})
    return settings


def secret_fields(settings: type[msgspec.Struct]) -> list[str]:
    """The fields of an adapter's settings that hold secrets."""
    return [field.name for field in fields(settings).values() if is_secret(field)]


def _parsed(path: Path | None) -> tuple[str, dict[str, Any]]:
    if path is None:
        return "", {}
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise SettingsError(f"{path}: larger than 1 MiB; this is no settings file")
        text = raw.decode("utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError as error:
        raise SettingsError(
            f"{path}: there is no such file; `threadline setup` writes one, or name another with --config"
        ) from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); change its mode or owner") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}:{line}: not written in UTF-8; save the file in that encoding") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(_no_toml(path, text, str(error))) from error


def _no_toml(path: Path, text: str, why: str) -> str:
    place = _AT.search(why)
    what = _AT.sub("", why)
    hint = ""
    if what.startswith("Invalid value"):
        hint = '; text stands in quotes ("like this"), true and false in small letters'
    elif what.startswith("Cannot"):
        hint = "; a key or [table] stands here for the second time: leave one of them out"
    if place is None or place[1] is None:
        return f"{path}:{text.count(chr(10)) + 1}: this is not TOML: {what} at the end of the file{hint}"
    return f"{path}:{place[1]}: this is not TOML: {what} in column {place[2]}{hint}"
