"""HTML as a flat run of words and tags, in linear time and without a tree; what closes what is the reader's business.

A tree builder takes quadratic time on nested elements, and reopens formatting in every block: 64 KiB of `<div>` cost
it half a second, 64 KiB of `<b c=1><p><b c=2><p>...` make 12 million elements.
"""

from __future__ import annotations

import re
from html import unescape

# Linear: each alternative begins with another character and gives nothing back, and of all places that look like the
# beginning of a tag at most two at a time can be inside an open quote. A quote that is never closed ends with the tag.
# Most tags have nothing in them but their name, so that is tried first.
_TAG = re.compile(r"<(/?[a-zA-Z][^\s<>\"'/]*+)(|[^<>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+')[^<>\"']*+)*+(?=>)|[^<>]*+)>")
_DECLARATION = re.compile(r"<(?:!--|[!?])")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'<>=`]++)))?")

# Most tags hold nothing but these, in double quotes: then the quotes alone tell where each begins and ends.
_USUAL_NAMES = (
    *("alt", "aria-label", "class", "data-post", "data-quote", "data-topic", "data-username", "dir", "height", "href"),
    *("id", "loading", "rel", "sizes", "src", "srcset", "start", "style", "target", "title", "width"),
)
_USUAL = {f" {name}=": name for name in _USUAL_NAMES}
_HEADS = frozenset(_USUAL)  # a set says in one step whether it holds them all
_ENDS = frozenset({"", " ", "/", " /"})


def pieces(source: str) -> list[str]:
    """Words, then for each tag its name ("p", "/p"; in any case), its attributes as written, and the words behind it.

    Comments and declarations are left out; one that is never closed is words.
    """
    if "<!" in source or "<?" in source:
        source = _without_declarations(source)
    return _TAG.split(source)


def attributes(written: str) -> dict[str, str]:
    """The attributes of a tag by their names in lower case; of two that share a name the first one counts."""
    parts = written.split('"')
    if parts.pop() in _ENDS and not len(parts) % 2 and "&" not in written and _HEADS.issuperset(parts[::2]):
        parts.reverse()  # what stands first is said last, and counts
        return dict(zip(map(_USUAL.__getitem__, parts[1::2]), parts[::2], strict=True))
    given: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        value = double or single or bare
        given.setdefault(name.lower(), unescape(value) if "&" in value else value)
    return given


def _without_declarations(source: str) -> str:
    kept: list[str] = []
    done = 0
    unclosed: set[str] = set()
    for found in _DECLARATION.finditer(source):
        end = "-->" if found.group() == "<!--" else ">"
        if found.start() < done or end in unclosed:
            continue
        # "<!-->" is a whole comment.
        stop = source.find(end, found.end() - len(end) + 1)
        if stop < 0:
            unclosed.add(end)
            continue
        kept.append(source[done : found.start()])
        done = stop + len(end)
    kept.append(source[done:])
    return "".join(kept)
