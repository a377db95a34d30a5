"""Changing the site's secret key: a new one in front, and everything that older ones sealed is sealed anew.

Each step leaves what there is readable by keys that are known, so whoever is killed anywhere starts again
and goes on. Links in mails and sign-ins stay good while the key that signed them is known.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.grants import seal_anew
from connectors.sealed import Seal, is_sealed
from web.config import ORGANIZER_KINDS, Config, key_file, old_secret_keys, seal_of, secret_key
from web.operations import erasure
from web.site import Site
from web.store import calendar_addresses
from web.tombstones import write_whole


@dataclass(frozen=True, slots=True)
class Rotated:
    made: bool  #: a new key; otherwise an earlier change was brought to its end, or the key is configured
    sealed: int  #: files and addresses of calendars that were sealed anew
    older: int  #: keys that are still known besides


def rotate(site: Site) -> Rotated:
    """Change the key if it is ours to change and no change is under way, and seal everything with it.

    Raises:
        WrongKey: something is sealed with a key that is not known; nothing is lost.
        OSError: a file cannot be read or written.
    """
    secret_key(site.config)  # there is one from here on
    made = site.config.site.secret_key is None and not _is_under_way(site)
    if made:
        file = key_file(site.config)
        write_whole(file, f"{secrets.token_urlsafe(48)}\n{file.read_text('ascii')}")
    return Rotated(made, _seal_everything(site), len(old_secret_keys(site.config)))


def forget_older(site: Site) -> None:
    """Know only the newest of the keys we made: links mailed and sign-ins from before it end.

    Raises:
        WrongKey, OSError: as of `rotate`, which comes first.
    """
    _seal_everything(site)
    write_whole(key_file(site.config), f"{secret_key(site.config)}\n")


def sealed_files(config: Config) -> list[Path]:
    """Files of calendar systems that may be sealed."""
    named = (
        path
        for kind in ORGANIZER_KINDS
        for _, path in config.connectors.of_kind(kind) or ()
        if isinstance(path, Path) and path.is_file()
    )
    return sorted(set(named))


def seal_all(files: Iterable[Path], seal: Seal) -> int:
    """Seal files anew that older keys sealed; how many. Those that are not sealed stay as they are."""
    return sum(seal_anew(file, seal) for file in files)


def _is_under_way(site: Site) -> bool:
    with site.store.reading() as connection:
        is_older = calendar_addresses.any_not_newest(connection, seal_of(site.config))
    return is_older or any(_not_newest(sealed_files(site.config), site.config))


def _seal_everything(site: Site) -> int:
    files = seal_all(sealed_files(site.config), seal_of(site.config))
    return files + _seal_tombstones(site) + _seal_addresses(site)


def _seal_addresses(site: Site) -> int:
    """All in one transaction. The store knows the keys that were known when it was opened."""
    seal = seal_of(site.config)
    site.store.seal_with(seal)
    with site.store.writing() as connection:
        return calendar_addresses.seal_anew(connection, seal)


def _not_newest(files: Iterable[Path], config: Config) -> Iterator[Path]:
    """Files whose sealing a change under way has not reached."""
    seal = seal_of(config)
    for file in [*files, erasure.file_of(config)]:
        first = next(iter(file.read_text("utf-8").splitlines()), "") if file.exists() else ""
        if is_sealed(first) and not seal.is_newest(first):
            yield file


def _seal_tombstones(site: Site) -> int:
    """While nobody else writes: whoever is erased is noted in a transaction."""
    with site.store.writing():
        if not any(_not_newest([], site.config)):
            return 0
        erasure.tombstones(site.config).seal_anew()
    return 1
