"""The log: one JSON object per line, whoever writes it, and no secret in any."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from bot.log import configure, logger
from bot.secret import Secret


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The log belongs to the whole process; other tests have theirs."""
    root = logging.getLogger()
    before = (sys.excepthook, threading.excepthook, root.level, list(root.handlers))
    ours = logging.getLogger("threadline").level
    yield
    sys.excepthook, threading.excepthook, level, handlers = before
    root.setLevel(level)
    root.handlers[:] = handlers
    logging.getLogger("threadline").setLevel(ours)
    logging.captureWarnings(False)
    structlog.reset_defaults()


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_object_with_time_level_and_values(stream: io.StringIO, lines: Lines) -> None:
    """Programs read it, and line breaks in values are not line breaks of the log."""
    configure("info", stream).info("post mirrored", thread="t\n1", number=3)
    [line] = lines()
    assert line.pop("at").endswith("Z")
    assert line == {"event": "post mirrored", "level": "info", "thread": "t\n1", "number": 3}


def test_levels_below_the_chosen_one_are_not_written(stream: io.StringIO, lines: Lines) -> None:
    """Libraries talk much: they are heard from a warning on."""
    log = configure("info", stream)
    log.debug("no")
    log.info("yes")
    logging.getLogger("some.library").info("no")
    logging.getLogger("some.library").warning("yes, %s", "too")
    assert [line["event"] for line in lines()] == ["yes", "yes, too"]


def test_a_second_choice_replaces_the_first(stream: io.StringIO, lines: Lines) -> None:
    """No line is written twice, and who held a logger before is heard as well."""
    held = logger(part="web")
    configure("error", io.StringIO())
    configure("debug", stream)
    held.debug("yes")
    assert [(line["event"], line["part"]) for line in lines()] == [("yes", "web")]


@pytest.mark.parametrize(
    "write",
    [
        lambda log, secret: log.info("login", token=secret.reveal()),
        lambda log, secret: log.info("login", values={"deep": [secret.reveal()]}),
        lambda log, secret: log.info("login", whole=secret),
        lambda log, secret: log.info(f"login with {secret.reveal()}"),
        lambda log, secret: log.error("failed", exc_info=ValueError(secret.reveal())),
        lambda log, secret: log.error("failed", error=ValueError(secret.reveal())),
        lambda log, secret: logging.getLogger("library").error("failed %s", secret.reveal()),
        lambda log, secret: logging.getLogger("library").error("failed", exc_info=ValueError(secret.reveal())),
        lambda log, secret: logging.getLogger("asyncio").error("never retrieved", stack_info=True, extra={"x": secret}),
        lambda log, secret: warnings.warn(secret.reveal(), stacklevel=2),
        lambda log, secret: sys.excepthook(ValueError, ValueError(secret.reveal()), None),
    ],
)
def test_a_secret_reaches_no_line(stream: io.StringIO, write: Callable[[Any, Secret], None]) -> None:
    """Whichever way it takes: a value, a text, a traceback, a library, a warning, the last breath."""
    secret = Secret('canary/of the "log" 1234567890')
    log = configure("debug", stream)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(True)
        write(log, secret)
    assert stream.getvalue()
    assert "canary" not in stream.getvalue()


def test_an_exception_is_written_with_its_traceback(stream: io.StringIO, lines: Lines) -> None:
    """Without it nobody finds the fault."""
    log = configure("info", stream)
    try:
        raise ValueError("https://forum.example/?key=canary")
    except ValueError:
        log.error("poll failed", exc_info=True)
    [line] = lines()
    assert "Traceback" in line["exception"]
    assert "ValueError: https://forum.example/?key=[redacted]" in line["exception"]


def test_an_exception_that_a_thread_dies_of_is_written(stream: io.StringIO, lines: Lines) -> None:
    """Python would print it past the log."""
    configure("info", stream)

    def dies() -> None:
        raise ValueError("token=canary")

    thread = threading.Thread(target=dies, name="worker")
    thread.start()
    thread.join()
    [line] = lines()
    assert line["event"] == "uncaught exception in thread worker"
    assert "canary" not in stream.getvalue()


def test_an_interrupt_is_no_fault(stream: io.StringIO) -> None:
    """Somebody pressed Ctrl-C."""
    configure("info", stream)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert stream.getvalue() == ""


class Dead(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError("canary")


def test_a_line_that_cannot_be_written_breaks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Python's own handlers would print its values raw, past the redaction."""
    configure("info", Dead()).info("canary")
    captured = capsys.readouterr()
    assert "canary" not in captured.err + captured.out


def test_a_terminal_gets_lines_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON is hard to read while one waits for something."""
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    configure("info", terminal).info("started", address="http://127.0.0.1:8080")
    assert "started" in terminal.getvalue()
    assert "{" not in terminal.getvalue()
    assert "\x1b" not in terminal.getvalue()


def test_a_terminal_is_given_nothing_that_it_would_obey(monkeypatch: pytest.MonkeyPatch) -> None:
    """A title of a thread could clear the screen, or write a line that looks like ours."""
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    log = configure("info", terminal)
    log.info("seen \x1b[2J\u202e", title="a\x1b]0;b\x07\n2026-01-01 all is well")
    logging.getLogger("library").error("failed", exc_info=ValueError("c\x1b[1m"))
    assert not set(terminal.getvalue()) & {"\x1b", "\x07", "\u202e"}
    assert "\n2026-01-01 all" not in terminal.getvalue()
    assert "Traceback" not in terminal.getvalue().splitlines()[0]
