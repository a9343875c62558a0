"""Reads tables one key at a time, so that one mistake does not hide the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bot.errors import SettingsError
from bot.secret import Secret
from bot.settings.given import OWN, spelled, text_of, variable
from bot.settings.lines import Path as Place
from bot.settings.lines import line_of, lines
from bot.settings.values import Wrong, fields, is_secret, meant, near, typed

S = TypeVar("S", bound=msgspec.Struct)
Adapters = Callable[[str, str], type[msgspec.Struct] | None]
Installed = Callable[[str], list[str]]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a forum or chat may be called: it stands before the colon of "chat:channel" and names a folder."""

SECRET = "the secret"
"""What a file that a setting names has to hold."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def extras() -> list[str]:
    """The extras that the installed distribution declares: `pip install "threadline[NAME]"` brings them."""
    try:
        return metadata("threadline").get_all("Provides-Extra") or []
    except PackageNotFoundError:
        return []


class Reading:
    """The file and the environment being read; mistakes are collected, never raised."""

    def __init__(
        self,
        file: str,
        text: str,
        data: dict[str, Any],
        environ: Mapping[str, str],
        adapters: Adapters,
        installed: Installed,
        brought: Callable[[], list[str]],
    ) -> None:
        self.mistakes: list[tuple[int, str]] = []
        self._file = file
        self._lines = lines(text)
        self._data = data
        self._environ = environ
        self._adapters = adapters
        self._installed = installed
        self._brought = brought
        self._variables: set[str] = set()
        """The environment variables that mean something here."""
        self._closed: list[str] = []
        """Beginnings of variables about whose tables nothing is known, because they are wrong themselves."""

    # ----------------------------------------------------------------------------------------------- mistakes

    def wrong(self, place: Place, what: str) -> None:
        """Something in the file is a mistake."""
        line = line_of(self._lines, place)
        self.mistakes.append((line, f"{self._file}:{line}: {_label(place)}{what}"))

    def wrong_variable(self, variable: str, what: str) -> None:
        """Something in the environment is a mistake."""
        self.mistakes.append((0, f"environment: {variable}: {what}"))

    def told(self) -> list[str]:
        """One line for each mistake: those of the environment, then those of the file from its top."""
        return [text.replace("\n", " ") for _, text in sorted(self.mistakes, key=lambda mistake: mistake[0])]

    def names(self, group: str) -> list[str]:
        """The names of the tables [group.NAME], right or wrong: what is wrong with one is told already."""
        return list(self._table(group))

    def from_environment(self, variable: str) -> bool:
        """Whether the environment sets this, and with that not the file."""
        return bool(self._environ.get(variable))

    # ------------------------------------------------------------------------------------------------- tables

    def top(self, known: list[str], tables: Mapping[str, type[msgspec.Struct]]) -> None:
        """Look for what does not belong at the top of the file."""
        for key, value in self._data.items():
            if key in known:
                if key not in ("mirrors", "operators") and not isinstance(value, dict):
                    self.wrong((key,), f"expected a table: write [{key}] on a line of its own, its settings below")
                continue
            homes = [name for name, type_ in tables.items() if key in fields(type_)]
            if homes:
                self.wrong((key,), f"belongs under [{homes[0]}]")
            else:
                what = "table" if isinstance(value, dict | list) else "setting"
                self.wrong((key,), f"there is no such {what}{meant(key, known)}")

    def fixed(self, name: str, type_: type[S]) -> S:
        """The table [name], with what the environment sets."""
        given = self._table(name)
        return self._filled((name,), given, type_, f"{OWN}{name.upper()}_") or type_()

    def value(self, name: str, type_: Any, otherwise: Any) -> Any:
        """A single value at the top of the file."""
        try:
            return typed(self._data[name], type_) if name in self._data else otherwise
        except Wrong as error:
            self.wrong((name,), str(error))
            return otherwise

    def blocks(self, name: str, type_: type[S]) -> dict[int, S]:
        """The blocks [[name]] that could be read, by their position in the file."""
        given, found = self._data.get(name, []), {}
        if not isinstance(given, list):
            self.wrong((name,), f"write [[{name}]] with two brackets, one such block for each")
            return {}
        for number, block in enumerate(given):
            if not isinstance(block, dict):
                self.wrong((name, number), f"write [[{name}]] on a line of its own, and its settings below")
            elif (made := self._filled((name, number), block, type_, None)) is not None:
                found[number] = made
        return found

    def configured(self, kind: str) -> dict[str, tuple[str, Any]]:
        """Name → (adapter, its settings) of the tables [forums.NAME] or [chats.NAME]."""
        found = {}
        group = f"{kind}s"
        for name, given in self._table(group).items():
            place = (group, name)
            if not isinstance(given, dict):
                self.wrong(place, f"write [{group}.NAME] on a line of its own, and its settings below")
            elif not NAME.fullmatch(name):
                self.wrong(
                    place, "a name has up to 64 letters, digits, dots, _ and -, and begins with a letter or digit"
                )
            elif (type_ := self._adapter(kind, place, given)) is not None:
                rest = {key: value for key, value in given.items() if key != "adapter"}
                made = self._filled(place, rest, type_, f"{variable(group, name)}_")
                if made is not None:
                    found[name] = (str(given["adapter"]), made)
                    continue
            self._closed.append(f"{variable(group, name)}_")
        return found

    def _adapter(self, kind: str, place: Place, given: dict[str, Any]) -> type[msgspec.Struct] | None:
        there = self._installed(kind)
        if given and all(isinstance(value, dict) for value in given.values()):
            self.wrong(place, f'a name with dots stands in quotes: [{place[0]}."{place[1]}.{next(iter(given))}"]')
            return None
        if "adapter" not in given:
            if (slip := near("adapter", list(given))) is not None:
                self.wrong((*place, slip), f"there is no such setting{meant(slip, ['adapter'])}")
                return None
            guess = near(str(place[1]), there)
            self.wrong(place, "adapter is missing; " + (f'write adapter = "{guess}"' if guess else _listed(there)))
            return None
        name, at = given["adapter"], (*place, "adapter")
        if not isinstance(name, str):
            self.wrong(at, "expected text in quotes")
            return None
        try:
            type_ = self._adapters(kind, name)
        except SettingsError as error:
            self.wrong(at, str(error))
            return None
        if type_ is None:
            self.wrong(at, f'no {kind} adapter "{name}" is installed; {self._remedy(kind, name, there)}')
        return type_

    def _remedy(self, kind: str, name: str, there: list[str]) -> str:
        other = {"forum": "chat", "chat": "forum"}[kind]
        if name in self._installed(other):
            return f"it is a {other} adapter and belongs under [{other}s.NAME]"
        if name in self._brought():
            return f'pip install "threadline[{name}]" brings it'
        guess = near(name, there)
        return f'did you mean "{guess}"?' if guess else f"{_listed(there)}; pip install the package that brings another"

    def _table(self, name: str) -> dict[str, Any]:
        given = self._data.get(name, {})
        return given if isinstance(given, dict) else {}

    # ----------------------------------------------------------------------------------------------- one table

    def _filled(self, place: Place, given: dict[str, Any], type_: type[S], prefix: str | None) -> S | None:
        """A table as its struct; `prefix` begins the names of its variables.

        What is wrong is left out, so that the rest can still be looked through. None where that is not possible.
        """
        known = fields(type_)
        files = {f"{name}_file": name for name, field in known.items() if is_secret(field)}
        values: dict[str, Any] = {}
        for key, value in given.items():
            at = (*place, key)
            try:
                if key in known:
                    values[key] = typed(value, _type(type_, key))
                elif key in files:
                    if files[key] in given:
                        raise Wrong(f"{files[key]} is set too; leave one of them out")
                    file = Path(self._file).parent / Path(typed(value, str)).expanduser()
                    values[files[key]] = Secret(text_of(file, SECRET))
                else:
                    self.wrong(at, f"there is no such setting{meant(key, [*known, *files])}")
            except Wrong as error:
                self.wrong(at, str(error))
        if prefix is not None:
            values |= self._overrides(prefix, type_, files)
        missing = [key for key, field in known.items() if field.required and key not in values]
        for key in missing:
            if key not in given and f"{key}_file" not in given:
                self.wrong(place, f"{key} is missing")
        if missing:
            return None
        try:
            return type_(**{known[key].name: value for key, value in values.items()})
        except (ValueError, TypeError, SettingsError) as error:
            self.wrong(place, str(error))
            return None

    def _overrides(self, prefix: str, type_: type[msgspec.Struct], files: Mapping[str, str]) -> dict[str, Any]:
        """What the environment sets of a table; a variable goes before the one that names a file."""
        values: dict[str, Any] = {}
        for name in fields(type_):
            plain = self._variable(prefix + spelled(name))
            if name == "port" and prefix == f"{OWN}WEB_" and not plain:
                plain = self._variable("PORT")  # what platforms that start programs set
            file = self._variable(f"{prefix}{spelled(name)}_FILE") if name in files.values() else ""
            if not (plain or file):
                continue
            try:
                if plain:
                    values[name] = typed(self._environ[plain], _type(type_, name), written=True)
                else:
                    values[name] = Secret(text_of(Path(self._environ[file]), SECRET))
            except Wrong as error:
                self.wrong_variable(plain or file, str(error))
        return values

    def _variable(self, name: str) -> str:
        """The name itself if the variable is set to something, else nothing."""
        self._variables.add(name)
        return name if self._environ.get(name) else ""

    def environment(self, tables: Mapping[str, type[msgspec.Struct]]) -> None:
        """Look for variables of ours that set nothing; to be called after all tables were read."""
        groups = tuple(f"{OWN}{name.upper()}_" for name in (*tables, "forums", "chats"))
        for name in self._environ:
            if name.startswith(groups) and name not in self._variables and not name.startswith(tuple(self._closed)):
                guess = near(name, {known.lower(): known for known in self._variables})
                hint = f"; did you mean {guess.upper()}?" if guess else ""
                self.wrong_variable(name, f"there is no such setting{hint}")


def _type(type_: type[msgspec.Struct], key: str) -> Any:
    return next(field.type for field in msgspec.structs.fields(type_) if field.encode_name == key)


def _label(place: Place) -> str:
    """How a message names a place: "[web] port: ", "[[mirrors]] into: "; positions in lists are left out."""
    match [step if _BARE.fullmatch(step) else f'"{step}"' for step in place if isinstance(step, str)]:
        case []:
            return ""
        case ["forums" | "chats" as group, name, *rest]:
            table = f"[{group}.{name}]"
        case ["mirrors", *rest]:
            table = "[[mirrors]]"
        case [key]:
            return f"{key}: "
        case [name, *rest]:
            table = f"[{name}]"
    return f"{table} {'.'.join(rest)}: " if rest else f"{table}: "


def _listed(there: list[str]) -> str:
    return f"installed: {', '.join(there) or 'none'}"
