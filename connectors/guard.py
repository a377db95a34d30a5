"""Which addresses of the network may be connected to: public ones, and those an admin allows.

Used by `connectors.transport` at the moment of connecting.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from connectors.base import Refused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV6_GLOBAL = ipaddress.IPv6Network("2000::/3")
_IPV6_TUNNELS = (ipaddress.IPv6Network("2001::/32"), ipaddress.IPv6Network("2002::/16"))
#: Blocks that IANA's registries of special addresses list and some Python versions take for public ones:
#: protocol assignments and the relays of 6to4 (RFC 6890, RFC 7526), documentation (RFC 9637).
_SPECIAL: tuple[Network, ...] = (
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv6Network("3fff::/20"),
)
_CLOUD_PLATFORM = ipaddress.IPv4Address("168.63.129.16")  # Azure's, public by number only


def is_public(address: Address) -> bool:
    """May anybody's calendar be read from there?"""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _IPV6_GLOBAL or any(address in tunnel for tunnel in _IPV6_TUNNELS):
            return False
    special = address == _CLOUD_PLATFORM or any(address in block for block in _SPECIAL)
    return address.is_global and not address.is_multicast and not special


class AllowedHosts:
    """The hosts and networks inside the house that may be read (`connectors.allow_private`)."""

    def __init__(self, entries: Sequence[str] = ()) -> None:
        """
        Args:
            entries: host names, addresses or networks (`10.1.0.0/16`).

        Raises:
            Refused: an entry is a network with bits set beyond its length, or empty.
        """
        self._names: set[str] = set()
        self._networks: list[Network] = []
        for entry in entries:
            text = entry.strip().strip("[]").rstrip(".").casefold()
            try:
                self._networks.append(ipaddress.ip_network(text))
            except ValueError:
                if not text or "/" in text:
                    raise Refused(f"connectors.allow_private: {entry!r} is no host or network.") from None
                self._names.add(text)

    def names(self, host: str) -> bool:
        return host.casefold().rstrip(".") in self._names

    def contains(self, address: Address) -> bool:
        inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return any(
            address in network or (inner is not None and inner in network) for network in self._networks
        )
