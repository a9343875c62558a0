"""Entry points → adapters: imported only when they are asked for; says what is missing and how to install it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

import msgspec

from bot.errors import NotFound, SettingsError
from bot.ports import ChatAdapter, ForumAdapter, Match

GROUPS = {"forum": "threadline.forums", "chat": "threadline.chats"}


class Registry:
    """The adapters that are installed, by kind (`forum` or `chat`) and name."""

    def __init__(self, points: Iterable[EntryPoint] | None = None) -> None:
        found = points if points is not None else (p for g in GROUPS.values() for p in entry_points(group=g))
        kinds = {group: kind for kind, group in GROUPS.items()}
        self._points = {(kinds[point.group], point.name): point for point in found}
        self._loaded: dict[tuple[str, str], Any] = {}

    def installed(self, kind: str) -> list[str]:
        """The names of the adapters of a kind."""
        return sorted(name for of, name in self._points if of == kind)

    def settings(self, kind: str, name: str) -> type[msgspec.Struct] | None:
        """What an adapter can be told in the settings; None where it is not installed."""
        if (kind, name) not in self._points:
            return None
        return cast("type[msgspec.Struct]", self._load(kind, name).settings)

    def forum(self, name: str) -> ForumAdapter:
        """The forum adapter of that name; raises `SettingsError` where it is not installed or broken."""
        return cast("ForumAdapter", self._load("forum", name))

    def chat(self, name: str) -> ChatAdapter:
        """The chat adapter of that name; raises `SettingsError` where it is not installed or broken."""
        return cast("ChatAdapter", self._load("chat", name))

    def package(self, kind: str, name: str) -> str:
        """The package that an adapter lives in, for its templates."""
        return self._points[kind, name].module

    def recognise(self, address: str, page: bytes | None = None) -> tuple[ForumAdapter, Match]:
        """The forum adapter that is surest that an address or a saved page is its own; raises `NotFound`."""
        found = self.surest(address, page)
        if found is None and page is None:
            raise NotFound(self.unknown(address))
        if found is None:
            of = f" of {address[:200]}" if address else ""
            raise NotFound(f"no installed forum adapter knows the saved page{of}; looked for {self.signs()}")
        return found

    def surest(self, address: str, page: bytes | None = None) -> tuple[ForumAdapter, Match] | None:
        """The forum adapter that is surest that an address or a page is its own; None where none takes it.

        Those that are in use are asked first: where one has no doubt, no other one is imported.
        """
        best: tuple[ForumAdapter, Match] | None = None
        for name in sorted(self.installed("forum"), key=lambda name: ("forum", name) not in self._loaded):
            adapter = self._usable(name)
            match = adapter.recognise(address, page) if adapter is not None else None
            if adapter is not None and match is not None and (best is None or match.certainty > best[1].certainty):
                best = adapter, match
                if match.certainty >= 1.0:
                    break
        return best

    def unknown(self, address: str) -> str:
        """What is said of an address that no adapter takes."""
        installed = self.installed("forum")
        broken = [name for name in installed if self._usable(name) is None]
        asked = f"; broken, so not asked (see `check`): {', '.join(broken)}" if broken else ""
        known = ", ".join(name for name in installed if name not in broken) or "none"
        return f"no installed forum adapter knows {address[:200]}; installed: {known}{asked}"

    def signs(self) -> str:
        """What pages are known by, of every adapter that reads any."""
        usable = {name: self._usable(name) for name in self.installed("forum")}
        signs = {name: adapter.looked_for for name, adapter in usable.items() if adapter is not None}
        return "; ".join(f"{name}: {sign}" for name, sign in signs.items() if sign) or "nothing: none reads saved pages"

    def _usable(self, name: str) -> ForumAdapter | None:
        """A forum adapter, None where it cannot be imported: a broken one keeps nobody from using the others."""
        with suppress(SettingsError):
            return self.forum(name)
        return None

    def _load(self, kind: str, name: str) -> Any:
        if (kind, name) not in self._loaded:
            point = self._points.get((kind, name))
            if point is None:
                known = ", ".join(self.installed(kind)) or "none"
                raise SettingsError(f'no {kind} adapter "{name}" is installed; installed: {known}')
            try:
                self._loaded[kind, name] = point.load()
            except ImportError as error:
                raise SettingsError(
                    f'the {kind} adapter "{name}" ({point.value}) cannot be imported: {error}; '
                    f'pip install "threadline[{name}]" brings what it needs'
                ) from error
        return self._loaded[kind, name]
