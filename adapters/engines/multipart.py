"""Pure: a form that holds a file, as browsers send it (RFC 7578)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from adapters.engines.texts import sound

UPLOADING = 60.0
"""Seconds that an upload may take."""

_QUOTED = str.maketrans({chr(code): f"%{code:02X}" for code in (*range(32), 34, 127)})
_KIND = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9.+_-]+")


class File(NamedTuple):
    """A file in a field of a form."""

    field: str
    name: str
    kind: str
    content: bytes


def multipart(fields: Sequence[tuple[str, str]], file: File) -> tuple[bytes, str]:
    """The body of a form, and the content type that goes with it."""
    boundary = f"----threadline{hashlib.sha256(file.content).hexdigest()[:32]}"
    while boundary.encode() in file.content:
        boundary = f"----threadline{hashlib.sha256(boundary.encode()).hexdigest()[:32]}"
    said = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_name(name)}"\r\n\r\n{sound(value)}\r\n'
        for name, value in fields
    )
    head = f'Content-Disposition: form-data; name="{_name(file.field)}"; filename="{_name(file.name)}"'
    kind = file.kind if _KIND.fullmatch(file.kind) else "application/octet-stream"
    said += f"--{boundary}\r\n{head}\r\nContent-Type: {kind}\r\n\r\n"
    body = said.encode() + file.content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _name(words: str) -> str:
    return sound(words).translate(_QUOTED)
