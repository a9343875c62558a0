"""Pure: the settings file that `setup` writes: what was answered, and every other setting with its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.ports import ForumAdapter, Match
from bot.settings import TABLES, secret_fields

HEAD = """\
# Written by `threadline setup`. A line with "# " before a key shows a setting with its default: take the "# " away to
# change it. The environment goes before this file: THREADLINE_WEB_PORT sets port of [web], and so on.
# What each means: config/threadline.example.toml and docs/adapters/ of Threadline's source.
"""


def written(
    forum: ForumAdapter,
    match: Match,
    chat: str,
    chat_settings: type[msgspec.Struct],
    chat_values: Mapping[str, Any],
    notices: str,
) -> str:
    """The settings file for one forum and one chat."""
    told: dict[str, tuple[dict[str, Any], type[msgspec.Struct]]] = {
        f"forums.{_key(match.forum)}": ({"adapter": forum.name, **match.settings}, forum.settings),
        f"chats.{_key(chat)}": ({"adapter": chat, **chat_values}, chat_settings),
        **{name: ({"notices": notices} if name == "community" else {}, type_) for name, type_ in TABLES.items()},
    }
    blocks = [HEAD, *("\n".join(_table(name, given, type_)) for name, (given, type_) in told.items())]
    return "\n".join(f"{block.rstrip()}\n" for block in blocks)


def _table(name: str, given: dict[str, Any], type_: type[msgspec.Struct]) -> list[str]:
    secrets = secret_fields(type_)
    lines = [f"[{name}]", *(f"{_key(key)} = {_value(value)}" for key, value in given.items())]
    for field in msgspec.structs.fields(type_):
        key = field.encode_name
        if field.name in secrets:
            lines.append(f'# {_key(key)}_file = "/path"')
        elif key not in given and not field.required and (shown := _default(field)) is not None:
            lines.append(f"# {_key(key)} = {shown}")
    return lines


def _default(field: msgspec.structs.FieldInfo) -> str | None:
    """A default as TOML writes it; None where it cannot."""
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return None if value is None or isinstance(value, dict) else _value(value)


def _key(name: str) -> str:
    return name if name.replace("_", "a").replace("-", "a").isalnum() and name.isascii() else _value(name)


def _value(value: Any) -> str:
    # A JSON string, number, list or truth value is the same in TOML.
    return msgspec.json.encode(value).decode()
