"""The log: one JSON object per line on standard error (for a terminal, readable lines), without secrets.

Whatever the libraries log goes the same way, and so does an exception that nobody caught.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from bot.ports import Log
from bot.redaction import GONE, cleaned, names_secret
from bot.secret import known

LEVELS = ("debug", "info", "warning", "error")
NAME = "threadline"

_UNSEEN = dict.fromkeys((*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "�")
"""Control characters, those that turn the direction of text among them: a terminal obeys them."""
_TRACE = {code: mark for code, mark in _UNSEEN.items() if code not in (9, 10)}


def configure(level: str, stream: TextIO | None = None) -> Log:
    """Write lines of this level and above (`LEVELS`) to a stream, standard error by default; gives the log.

    Libraries are heard from "warning" on, or from "info" on where the level is "debug".
    """
    to = stream if stream is not None else sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
    ]
    written = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            *_for_terminal(to),
        ],
    )
    handler = _Handler(to)
    handler.setFormatter(written)
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(number, logging.INFO if level == "debug" else logging.WARNING))
    logging.getLogger(NAME).setLevel(number)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a second `configure` also reaches those who hold a logger
    )
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    return logger()


def logger(**values: object) -> Log:
    """The log, with values that stand on each of its lines."""
    return cast(Log, structlog.stdlib.get_logger(NAME, **values))


def redact(_: Any, __: str, event: EventDict) -> EventDict:
    """The last step before a line is written: no value of it holds a secret."""
    secrets = tuple(known)
    return {key: GONE if names_secret(key) and value else cleaned(value, secrets) for key, value in event.items()}


def _for_terminal(to: TextIO) -> list[Processor]:
    if not to.isatty():
        return [structlog.processors.JSONRenderer(serializer=_json)]
    return [
        _harmless,
        structlog.dev.ConsoleRenderer(
            colors="NO_COLOR" not in os.environ,
            timestamp_key="at",
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def _json(event: MutableMapping[str, Any], **_: Any) -> str:
    return msgspec.json.encode(event).decode("utf-8", "replace")


def _harmless(_: Any, __: str, event: EventDict) -> EventDict:
    """Nothing that a terminal would obey."""
    return {
        key: value.translate(_TRACE if key in ("exception", "stack") else _UNSEEN) if isinstance(value, str) else value
        for key, value in event.items()
    }


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines; a line that cannot be written is not shown raw instead, as Python's own handlers do."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say that a line is missing, if that is possible."""
        with suppress(Exception):
            self.stream.write(f'{{"event":"a line of {record.module} could not be logged","level":"error"}}\n')
            self.flush()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger(NAME).critical("uncaught exception", exc_info=(kind, error, trace))


def _uncaught_in_thread(found: threading.ExceptHookArgs) -> None:
    if found.exc_value is not None and not isinstance(found.exc_value, SystemExit):
        name = found.thread.name if found.thread is not None else "?"
        what = (found.exc_type, found.exc_value, found.exc_traceback)
        logging.getLogger(NAME).critical("uncaught exception in thread %s", name, exc_info=what)
