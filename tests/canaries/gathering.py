"""Secrets that are like nothing else, what the program gives out, and whether one is in the other."""

from __future__ import annotations

import base64
import html
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus


class Canaries:
    """Secrets by what they are: each may stand nowhere."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def mint(self, kind: str, form: str = "{}") -> str:
        """A secret of a kind; `form` is what stands around what makes it unique."""
        return self.keep(kind, form.format(f"cnry{secrets.token_hex(12)}"))

    def keep(self, kind: str, secret: str) -> str:
        """A secret that somebody else made."""
        assert len(secret) >= 8, f"{kind}: so short a text stands anywhere by chance"
        self.kept[kind] = secret
        return secret

    def in_(self, text: bytes) -> list[str]:
        """Which secrets stand in a text, and in which form."""
        return [f"{kind} ({form})" for kind, secret in self.kept.items() for form, one in forms(secret) if one in text]


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """Everything that a secret may look like in a text, by what that is called."""
    raw = secret.encode()
    yield "as it is", raw
    yield "backwards", raw[::-1]
    for name, coded in (
        ("of an address", quote(secret, safe="")),
        ("of a path", quote(secret)),
        ("of a form", quote_plus(secret)),
        ("of JSON", json.dumps(secret)[1:-1]),
        ("of HTML", html.escape(secret)),
        ("of Python", repr(secret)[1:-1]),
    ):
        yield name, coded.encode()
    yield "hexadecimal", raw.hex().encode()
    yield "hexadecimal", raw.hex().upper().encode()
    for before in range(3):  # what stands before it decides how its bytes fall into groups of three
        grouped = base64.b64encode(b"\0" * before + raw)[4 if before else 0 : -4]
        yield "base64", grouped
        yield "base64 of addresses", grouped.replace(b"+", b"-").replace(b"/", b"_")


class Outputs:
    """What was given out, by where."""

    def __init__(self) -> None:
        self.given: dict[str, bytes] = {}

    def add(self, name: str, text: str | bytes) -> None:
        """Something was given out there; more may come."""
        raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
        self.given[name] = self.given.get(name, b"") + raw

    def files(self, name: str, folder: Path, but: tuple[str, ...] = ()) -> None:
        """Everything that lies in a folder, byte for byte, but for some files."""
        for file in sorted(folder.rglob("*")):
            if file.is_file() and str(file.relative_to(folder)) not in but:
                self.add(name, f"{file}\n")
                self.add(f"{name}: {file.relative_to(folder).parts[0]}", file.read_bytes())

    def leaks(self, canaries: Canaries) -> list[str]:
        """Where which secrets stand."""
        return [f"{name}: {leak}" for name, text in self.given.items() for leak in canaries.in_(text)]

    def assert_clean(self, canaries: Canaries, *names: str) -> None:
        """Each of these gave something out, and nothing that was given out holds a secret."""
        assert canaries.kept
        silent = [name for name in names if not self.given.get(name, b"").strip()]
        assert not silent, f"nothing was given out there, so nothing is shown: {silent}"
        leaks = self.leaks(canaries)
        assert not leaks, "\n".join([*leaks, *(self._around(leak, canaries) for leak in leaks[:3])])

    def _around(self, leak: str, canaries: Canaries) -> str:
        name = next(name for name in self.given if leak.startswith(f"{name}: "))
        text = self.given[name]
        at = min(found for s in canaries.kept.values() for _, one in forms(s) if (found := text.find(one)) >= 0)
        return f"\n{name}: … {text[max(0, at - 300) : at + 100].decode('utf-8', 'replace')} …"
