"""A log that keeps what it was told, for tests to ask."""

from __future__ import annotations

from typing import Any

import msgspec


class Line(msgspec.Struct, frozen=True):
    """One event as it was logged; `level` is debug, info, warning or error."""

    level: str
    event: str
    values: dict[str, Any]


class RecordingLog:
    """Obeys `bot.ports.Log` and keeps every line in order."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def debug(self, event: str, **values: Any) -> None:
        self.lines.append(Line("debug", event, values))

    def info(self, event: str, **values: Any) -> None:
        self.lines.append(Line("info", event, values))

    def warning(self, event: str, **values: Any) -> None:
        self.lines.append(Line("warning", event, values))

    def error(self, event: str, **values: Any) -> None:
        self.lines.append(Line("error", event, values))

    def events(self, level: str = "") -> list[str]:
        """The events of one level, or of all."""
        return [line.event for line in self.lines if level in ("", line.level)]

    def text(self) -> str:
        """Everything that was logged as one text: where to look for a secret that must not be there."""
        return "\n".join(f"{line.level} {line.event} {line.values!r}" for line in self.lines)
