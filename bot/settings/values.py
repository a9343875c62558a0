"""Pure: one setting as it was written → its typed value, or what is wrong with it in words."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from msgspec import inspect

from bot.secret import Secret

LONGEST = 60
"""Characters of a wrong value that are repeated in a message."""


class Wrong(Exception):
    """A value that does not fit; the text says what was expected."""


def typed(value: object, type_: Any, *, written: bool = False) -> Any:
    """The value as `type_`; `written` for text from the environment, where "8080" is a number and "a,b" a list.

    Raises `Wrong` naming what is expected, and the likely right word where there are only some. A secret is never
    repeated in it.
    """
    info = _plain(inspect.type_info(type_))
    if written and isinstance(value, str) and _entries(info) is not None:
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(value, type_, strict=not written, dec_hook=_made)
    except (msgspec.ValidationError, TypeError) as error:
        raise Wrong(_mistake(value, info)) from error


def fields(type_: type[msgspec.Struct]) -> dict[str, inspect.Field]:
    """What can be set in a table of this type, by the name that it has in the file."""
    info = inspect.type_info(type_)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: field for field in info.fields}


def is_secret(field: inspect.Field) -> bool:
    """Whether a field holds a credential."""
    info = _plain(field.type)
    return isinstance(info, inspect.CustomType) and info.cls is Secret


def near(word: str, known: Iterable[str]) -> str | None:
    """The one of the known words that was probably meant."""
    found = difflib.get_close_matches(word.lower(), list(known), 1, 0.6)
    return found[0] if found else None


def meant(word: str, known: Collection[str]) -> str:
    """How a message about an unknown word goes on: what was probably meant, else all that there is."""
    guess = near(word, known)
    if guess is not None:
        return f"; did you mean {guess}?"
    return f"; there is: {', '.join(sorted(known))}" if known else ""


def _made(type_: type, value: object) -> object:
    if type_ is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"expected text, not {_shown(value)}")


def _plain(info: inspect.Type) -> inspect.Type:
    """Without remarks, and without the None of an optional setting: TOML cannot write it."""
    while isinstance(info, inspect.Metadata):
        info = info.type
    if isinstance(info, inspect.UnionType):
        rest = [_plain(one) for one in info.types if not isinstance(one, inspect.NoneType)]
        return rest[0] if len(rest) == 1 else info
    return info


def _entries(info: inspect.Type) -> inspect.Type | None:
    """Of what type the entries of a list are; None where it is no list."""
    if isinstance(info, inspect.ListType | inspect.VarTupleType | inspect.SetType | inspect.FrozenSetType):
        return _plain(info.item_type)
    return None


def _mistake(value: object, info: inspect.Type) -> str:
    entry = _entries(info)
    if entry is not None and isinstance(value, list):
        for number, one in enumerate(value, 1):
            if not _fits(one, entry):
                return f"entry {number} is {_shown(one)}; expected {_words(entry)}"
    if value == "" and isinstance(info, inspect.StrType):
        return "must not be empty"
    secret = isinstance(info, inspect.CustomType)
    words = f"expected {_words(info)}, not {_kind(value) if secret else _shown(value)}"
    if isinstance(value, str) and (choices := _choices(info)) and (guess := near(value, choices)):
        words += f'; did you mean "{guess}"?'
    return words


def _fits(value: object, info: inspect.Type) -> bool:
    match info:
        case inspect.StrType():
            return isinstance(value, str) and len(value) >= (info.min_length or 0)
        case inspect.IntType():
            return isinstance(value, int) and not isinstance(value, bool)
        case inspect.FloatType():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case inspect.CustomType():
            return isinstance(value, str)
        case _:
            return True


def _words(info: inspect.Type) -> str:
    """What is expected, as a person would say it."""
    match info:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return "a whole number" + _range(info)
        case inspect.FloatType():
            return "a number" + _range(info)
        case inspect.StrType() if info.pattern is not None:
            return f"text in quotes of the form {info.pattern}"
        case inspect.StrType() | inspect.CustomType():
            return "text in quotes"
        case inspect.EnumType() | inspect.LiteralType():
            return "one of " + ", ".join(f'"{choice}"' for choice in _choices(info))
        case inspect.DictType() | inspect.StructType():
            return "a table"
        case inspect.UnionType():
            return " or ".join(_words(_plain(one)) for one in info.types if not isinstance(one, inspect.NoneType))
        case _ if (entry := _entries(info)) is not None:
            return f"a list in square brackets, each entry {_words(entry)}"
        case _:
            return "something else"


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    low = info.ge if info.ge is not None else info.gt
    high = info.le if info.le is not None else info.lt
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" from {low} up" if info.ge is not None else f" above {low}"
    return f" up to {high}" if high is not None else ""


def _choices(info: inspect.Type) -> list[str]:
    match info:
        case inspect.EnumType():
            return [str(member.value) for member in info.cls]
        case inspect.LiteralType():
            return [str(value) for value in info.values]
        case _:
            return []


def _shown(value: object) -> str:
    match value:
        case str():
            return f'"{value}"' if len(value) <= LONGEST else f'"{value[:LONGEST]}…"'
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return _kind(value)


def _kind(value: object) -> str:
    match value:
        case str():
            return "this text"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"
