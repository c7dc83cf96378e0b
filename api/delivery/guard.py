"""Where webhooks may go: never into networks that only our own machines reach, unless a setting names them.

The address is looked up once, checked, and connected to as it was checked: a name that answers differently the second
time leads nowhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOKUP_S = 5.0
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """The address is not one of those webhooks may go to; `str` says why."""


def url_fault(url: str) -> str | None:
    """Why this is no address of a receiver; None when it may be one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "an address such as https://receiver.example/path is expected"
    if parts.username is not None or parts.password is not None:
        return "no user or password in the address: the signature says who we are"
    if parts.fragment or port == 0 or not url.isascii() or not url.isprintable() or " " in url:
        return "printable ASCII, without a fragment, with a port that exists"
    return None


def networks_of(text: str | None) -> tuple[Network, ...]:
    """From `10.1.0.0/16, 127.0.0.1`."""
    return tuple(ipaddress.ip_network(one.strip()) for one in (text or "").split(",") if one.strip())


def checked(found: Sequence[Address], allowed: Sequence[Network], *, secure: bool) -> Address:
    """The address to connect to. Raises Refused when any of them is private, or unencrypted in the open."""
    if not found:
        raise Refused("the name has no address")
    for one in found:
        plain = _inner(one)
        named = any(plain.version == network.version and plain in network for network in allowed)
        if not named and (not plain.is_global or plain.is_multicast):
            raise Refused(f"{one} is not a public address (FLEET_WEBHOOK_NETWORKS names others that may be reached)")
        if not named and not secure:
            raise Refused("without TLS only networks named in FLEET_WEBHOOK_NETWORKS are reached")
    return found[0]


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it stands for one: mapped, translated, or tunnelled."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    tunnelled = None if address.teredo is None else address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or tunnelled or address


async def resolve(host: str, port: int) -> list[Address]:
    """Every address of the host. Raises Refused when the name cannot be looked up."""
    try:
        async with asyncio.timeout(LOOKUP_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(f"the name cannot be looked up: {error}") from None
    return [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
