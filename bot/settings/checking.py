"""Pure: what single values cannot tell: names that refer to each other, addresses, host names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot import answering, replying
from bot.errors import SettingsError, ThreadlineError
from bot.net.guard import Rules
from bot.options import Given, applied
from bot.settings.values import meant
from bot.texts import languages

if TYPE_CHECKING:
    from bot.settings import Mirror, Settings
    from bot.settings.lines import Path
    from bot.settings.reading import Reading

SETTINGS = {"accounts": "accounts", "who": "from", "merge": "merge", "at_most": "at_most"}
"""What the rules of a mirror are called in the settings."""

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")

_PUBLIC = re.compile(r"https://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*/?")


def check(settings: Settings, mirrors: Mapping[int, Mirror], reading: Reading) -> None:
    """Add what is wrong between the settings to the mistakes of the reading; `mirrors` by position in the file."""
    for number, host in enumerate(settings.web.hosts):
        found = _HOST.fullmatch(host)
        if found is None or int(found[1] or 1) not in range(1, 65536):
            what = f'"{host}" is no host name; write it without scheme and path, like "forum.example.org"'
            _add(reading, ("web", "hosts", number), "THREADLINE_WEB_HOSTS", what)
    if settings.web.public and not _PUBLIC.fullmatch(settings.web.public):
        what = f'"{settings.web.public[:200]}" cannot be reached by others; write an address like "https://bot.example.org"'
        _add(reading, ("web", "public"), "THREADLINE_WEB_PUBLIC", what)
    for number, entry in enumerate(settings.net.allow):
        try:
            Rules.read([entry], ())
        except SettingsError as error:
            what = str(error).removeprefix("[net] allow: ")
            _add(reading, ("net", "allow", number), "THREADLINE_NET_ALLOW", what)
    if not settings.net.contact.isprintable():
        what = "holds a line break or another character that cannot be sent"
        _add(reading, ("net", "contact"), "THREADLINE_NET_CONTACT", what)
    for number, mirror in mirrors.items():
        _chat_and(reading, ("mirrors", number, "into"), "", mirror.into, "channel")
        _options(reading, number, mirror.given)
        _rules(reading, number, mirror.rules)
    if settings.community.notices:
        place: Path = ("community", "notices")
        _chat_and(reading, place, "THREADLINE_COMMUNITY_NOTICES", settings.community.notices, "channel")
    language = settings.community.language
    if language not in (spoken := languages()):
        what = f'there are no texts in "{language}"{meant(language, spoken)}'
        _add(reading, ("community", "language"), "THREADLINE_COMMUNITY_LANGUAGE", what)
    for number, operator in enumerate(settings.operators):
        _chat_and(reading, ("operators", number), "", operator, "user")


def _options(reading: Reading, number: int, given: Given) -> None:
    """Each of the options of a mirror makes sense by itself."""
    for name in Given.__struct_fields__:
        try:
            applied(Given(**{name: getattr(given, name)}))
        except ThreadlineError as error:
            _add(reading, ("mirrors", number, name), "", str(error))


def _rules(reading: Reading, number: int, given: answering.Given) -> None:
    """Each of the rules of a mirror makes sense by itself."""
    for name, key in SETTINGS.items():
        try:
            answering.applied(answering.Given(**{name: getattr(given, name)}), replying.Rules("all"))
        except ThreadlineError as error:
            _add(reading, ("mirrors", number, key), "", str(error))


def _chat_and(reading: Reading, place: Path, variable: str, value: str, what: str) -> None:
    """The value is "chat:…" and names a chat of the settings."""
    chat, colon, rest = value.partition(":")
    if not (chat and colon and rest):
        _add(reading, place, variable, f'expected "chat:{what}", not "{value}"')
    elif chat not in (known := reading.names("chats")):
        hint = meant(chat, known) if known else "; add it with a table [chats.NAME]"
        _add(reading, place, variable, f'there is no chat "{chat}" in the settings{hint}')


def _add(reading: Reading, place: Path, variable: str, what: str) -> None:
    if variable and reading.from_environment(variable):
        reading.wrong_variable(variable, what)
    else:
        reading.wrong(place, what)
