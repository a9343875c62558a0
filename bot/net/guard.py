"""Pure: which addresses may be reached, where redirects may lead, how an address is shown without secrets."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from yarl import URL

from bot.errors import NotAllowed, SettingsError

Params = Mapping[str, str] | Sequence[tuple[str, str]]
"""Query or form fields; a sequence of pairs where a name is repeated."""

Origin = tuple[str, str, int | None]
"""Scheme, host, port: what a credential is bound to."""

# The IANA special-purpose registries reserve all of these; ipaddress.is_global says "global" of some.
_V4_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_V6_UNICAST = IPv6Network("2000::/3")
_V6_SPECIAL = (IPv6Network("2001::/23"), IPv6Network("3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is reached

LONGEST = 8192
"""Characters of an address; what is longer is an attack or a mistake."""

_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_ENTRY = re.compile(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<host>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?")
_LONG = re.compile(r"[A-Za-z0-9_-]{20,}")


def is_public(address: str) -> bool:
    """Whether a literal IP address belongs to the public internet; what is no address does not.

    IPv4 addresses wrapped in IPv6 (mapped, 6to4, NAT64) are judged by the IPv4 address that they reach.
    """
    try:
        found = _unwrapped(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        special = found not in _V6_UNICAST or any(found in network for network in _V6_SPECIAL)
    else:
        special = any(found in network for network in _V4_SPECIAL)
    return not special and found.is_global and not found.is_multicast


def _unwrapped(address: str) -> IPv4Address | IPv6Address:
    found = ip_address(address.split("%", 1)[0])  # what follows % names a network card, not a place
    if isinstance(found, IPv4Address):
        return found
    inner = found.ipv4_mapped or found.sixtofour
    if inner is None and found in _NAT64:
        inner = IPv4Address(found.packed[-4:])
    return inner or found


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be reached: public addresses on the usual ports, and what the settings allow besides."""

    ports: frozenset[int]
    hosts: frozenset[tuple[str, int | None]]
    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def read(cls, allow: Sequence[str], ports: Collection[int]) -> Rules:
        """The rules that the settings name; SettingsError lists every entry that cannot be read.

        An entry is `host`, `host:port` or a network as `10.0.0.0/8`. A host is allowed by exactly that name
        (or literal address), so that no other name which resolves to it gets in; a network is open to every
        name. Both are open on every port unless one is named.
        """
        hosts: set[tuple[str, int | None]] = set()
        networks: list[IPv4Network | IPv6Network] = []
        mistakes = []
        for entry in allow:
            try:
                if "/" in entry:
                    networks.append(ip_network(entry.strip(), strict=False))
                else:
                    hosts.add(_host_and_port(entry.strip()))
            except ValueError:
                mistakes.append(
                    f'[net] allow: "{entry}" is neither a host ("forum.lan"), '
                    'a host with a port ("forum.lan:8080") nor a network ("10.0.0.0/8")'
                )
        mistakes += [f"[net] ports: {port} is not from 1 to 65535" for port in ports if not 0 < port < 65536]
        if mistakes:
            raise SettingsError("\n".join(mistakes))
        return cls(frozenset(ports), frozenset(hosts), tuple(networks))

    def refusal(self, host: str, address: str, port: int) -> str | None:
        """Why a connection to the literal `address`, made for `host`, may not be opened; None if it may.

        The text never holds the address: it would tell strangers what stands in the local network.
        """
        name = _named(host)
        if (name, None) in self.hosts or (name, port) in self.hosts:
            return None
        try:
            place = _unwrapped(address)
        except ValueError:
            return f"{name} leads to something that is not an IP address"
        if any(place in network for network in self.networks):
            return None
        written = f"[{name}]" if ":" in name else name
        if not is_public(address):
            why = f"{name} leads to a private or reserved address"
        elif port not in self.ports:
            why = f"{name} is asked for on port {port}, which is not one of {sorted(self.ports)}"
        else:
            return None
        return f'{why}. If you trust it, the operator may set [net] allow = ["{written}:{port}"]'


def _host_and_port(entry: str) -> tuple[str, int | None]:
    """Read `host`, `host:port`, `::1` or `[::1]:port`; ValueError if it is none of them."""
    try:
        return str(ip_address(entry)), None
    except ValueError:
        pass
    parts = _ENTRY.fullmatch(entry)
    if parts is None:
        raise ValueError(entry)
    if parts["v6"]:
        host = str(IPv6Address(parts["v6"]))
    else:
        host = _named(URL.build(scheme="http", host=parts["host"]).raw_host or "")
        if not _HOST.fullmatch(host):
            raise ValueError(entry)
    port = int(parts["port"]) if parts["port"] else None
    if port is not None and not 0 < port < 65536:
        raise ValueError(entry)
    return host, port


def _named(host: str) -> str:
    """A host as it is compared: lower case, no final dot, addresses in their shortest form."""
    name = host.strip("[]").lower().rstrip(".")
    try:
        return str(ip_address(name))
    except ValueError:
        return name


def parsed(address: str, params: Params | None = None) -> URL:
    """The address of a request, ready to be sent; NotAllowed if it is not plain http or https."""
    try:
        url = URL(address.strip())
        if params:
            url = url.extend_query(params)
    except ValueError:
        raise NotAllowed(f"{shown(address)} cannot be read. Copy it anew from the browser.") from None
    _require_plain(url)
    return url.with_fragment(None)


def redirected(here: URL, location: str) -> URL:
    """Where an answer of `here` sends a read; NotAllowed if it leaves http(s), or https for http."""
    try:
        url = here.join(URL(location))
    except ValueError:
        raise NotAllowed(f"{shown(here)} redirects to something that is not an address.") from None
    _require_plain(url)
    if here.scheme == "https" and url.scheme == "http":
        raise NotAllowed(f"{shown(here)} redirects from https to unencrypted http, which is not followed.")
    return url.with_fragment(None)


def _require_plain(url: URL) -> None:
    if url.scheme not in ("http", "https"):
        raise NotAllowed(f"{shown(url)} is not fetched: only http and https addresses are.")
    if not url.raw_host or not url.port:
        raise NotAllowed(f"{shown(url)} is not fetched: it names no host, or port 0.")
    if url.raw_user is not None or url.raw_password is not None:
        raise NotAllowed(
            f"{shown(url)} is not fetched: a name or password stands in it. Logins are given in the settings."
        )
    if len(str(url)) > LONGEST:
        raise NotAllowed(f"{shown(url)} is not fetched: it is longer than {LONGEST} characters.")


def origin(url: URL) -> Origin:
    """What a credential is bound to."""
    return url.scheme, _named(url.raw_host or ""), url.port


def shown(address: str | URL) -> str:
    """An address for people and logs: no login, query or fragment, and … for whatever looks like a token."""
    try:
        url = URL(address)
    except ValueError:
        return "The given address"
    if not url.raw_host:
        return "The given address"
    host = f"[{url.raw_host}]" if ":" in url.raw_host else url.raw_host
    port = f":{url.explicit_port}" if url.explicit_port is not None else ""
    query = "?…" if url.raw_query_string else ""
    return f"{url.scheme}://{host}{port}{_LONG.sub(_hidden, url.raw_path)[:200]}{query}"


def _hidden(run: re.Match[str]) -> str:
    """Runs of 20 and more characters with letters and digits are how webhook and feed keys look."""
    text = run[0]
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return "…" if mixed else text
