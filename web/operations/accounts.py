"""Signing in with an account of the company's: whose it is, and which roles its groups give and take.

Nobody is made by signing in. An account is tied to a person once, by an address that the provider has
verified; from then on it is known by what its issuer calls it for ever, whatever its address becomes.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection

from web import words
from web.config import Config
from web.errors import NotFound
from web.oidc import Account, NotSignedIn, Unavailable, providers_of
from web.operations import audit, departures, outbox, roles
from web.operations.access import may_come_in, need_all_programmes, need_role
from web.operations.findings import Finding, Level
from web.records import Member
from web.sheets.cells import mailbox
from web.sign_in_settings import GroupRole, ProviderConfig
from web.site import Site
from web.store import accounts as kept
from web.store import membership, people, roster

log = logging.getLogger(__name__)

_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def sign_in(site: Site, account: Account, provider: ProviderConfig, now: datetime) -> int:
    """Whose account it is; that person's id. Ties the two together where this is the first time.

    Raises:
        NotSignedIn: it is nobody's whom we know; nothing was changed. Or it is somebody's from whom their
            groups have taken the last of what they were: that stays taken.
    """
    refused: NotSignedIn | None = None
    with site.store.writing() as connection:
        person_id = kept.person_of(connection, account.issuer, account.subject)
        if person_id is None:
            person_id = _link(connection, account, now)
        taken = _follow_groups(connection, site, person_id, account, provider.roles, now)
        if may_come_in(connection, person_id, now):
            audit.note(connection, now, person_id, "sign_in.with_account")
        elif taken:
            refused = _unknown(connection, account)
        else:
            raise _unknown(connection, account)
    if taken:
        outbox.wake(site, now)
    if refused is not None:
        raise refused
    return person_id


def _link(connection: Connection, account: Account, now: datetime) -> int:
    person = people.by_email(connection, _normal(account.email)) if account.email else None
    if person is None:
        raise _unknown(connection, account)
    if _provider(account.issuer) in map(_provider, kept.issuers_of(connection, person.id)):
        # A mail address that went to somebody new must not open what its former owner had here.
        log.warning("another account of the same provider claims the address of person %s", person.id)
        raise NotSignedIn(
            "Another account signs in here with your mail address, so this one was not let in. Please ask "
            f"{_whom(connection)} to sort it out."
        )
    kept.link(connection, account.issuer, account.subject, person.id, now)
    audit.note(connection, now, person.id, "account.link")
    return person.id


def _provider(issuer: str) -> str:
    """Whose issuer it is. All tenants of Microsoft are one provider's: the same but for the tenant's id."""
    return _TENANT.sub("", issuer.lower())


def _normal(email: str) -> str:
    """An address as people's are kept."""
    try:
        return mailbox(email)
    except ValueError:
        return ""


def _unknown(connection: Connection, account: Account) -> NotSignedIn:
    called = f"under {account.email}" if account.email else "by that account"
    return NotSignedIn(
        f"We do not know you here {called} yet. Signing in adds nobody: please ask {_whom(connection)} to "
        "add you, or to look whether they have you under another address."
    )


def _whom(connection: Connection) -> str:
    admins = people.members(connection, role="admin")
    known = dict.fromkeys(f"{each.person.name} ({each.person.email})" for each in admins)
    return words.listed(list(known)[:3]) or "whoever runs your programme"


def unlink(site: Site, person_id: int, by: Member, now: datetime) -> int:
    """Forget which accounts are a person's, and end their sign-ins; the next one is tied anew.

    For an address that went to somebody else, or an account that was made anew.

    Raises:
        Refused: they are in a programme, too, that the admin does not run.
    """
    need_role(by, "admin")
    with site.store.writing() as connection:
        if membership.one(connection, by.programme_id, person_id) is None:
            raise NotFound
        need_all_programmes(connection, by, person_id, now)
        gone = kept.unlink(connection, person_id)
        people.sign_out_everywhere(connection, person_id, now)
        audit.note(connection, now, by, "account.unlink", subject_id=person_id, accounts=gone)
    return gone


def examine(config: Config) -> Iterator[Finding]:
    """Do the providers that people sign in with answer, and as who they should be?"""
    for name, provider in providers_of(config).items():
        what = f"sign-in ({name})"
        try:
            keys = provider.look()
        except Unavailable as why:
            yield Finding(
                Level.FAIL,
                what,
                f"{provider.settings.address}: {why.why}",
                f"check sign_in.providers.{name} (issuer or tenant), and whether this machine reaches it",
            )
            continue
        back = f"{config.site.url}/sign-in/with/{name}/back"
        yield Finding(
            Level.OK,
            what,
            f"{provider.settings.address} answers, with {words.counted(keys, 'key')}; {back} has to be "
            "registered there",
        )
    if not config.sign_in.providers:
        yield Finding(Level.OK, "sign-in", "by mailed links; no provider is configured (docs/google.md)")


# --- roles ---------------------------------------------------------------------------------------


def _follow_groups(
    connection: Connection,
    site: Site,
    person_id: int,
    account: Account,
    rules: Iterable[GroupRole],
    now: datetime,
) -> bool:
    """Give and take the roles that groups decide on, and no others; a programme's last admin stays one.

    What was ahead of somebody as what they are no longer is let go, as when they leave. Was a role taken?
    """
    if account.groups is None:
        return False
    taken: dict[int, set[str]] = defaultdict(set)
    decided = _decided(roster.programmes(connection), rules)
    mine = kept.roles_of(connection, person_id)
    before = roles.everywhere(connection, person_id)
    for role, groups in decided.items():
        if groups & account.groups and role not in mine:
            kept.give_role(connection, person_id, role, now.date())
        elif not groups & account.groups and role in mine and not _is_last_admin(connection, role, now):
            kept.take_role(connection, person_id, role)
            taken[role[0]].add(role[1])
        else:
            continue
        what = "take" if role in mine else "give"
        audit.note(
            connection,
            now,
            None,
            f"role.{what}",
            f"role:{role[1]}",
            subject_id=person_id,
            programme_id=role[0],
        )
    roles.settle_fewest(connection, person_id, before)
    for programme_id, lost in taken.items():
        departures.lose_roles(connection, site, programme_id, person_id, lost, now)
    return bool(taken)


def _decided(programmes: Mapping[str, int], rules: Iterable[GroupRole]) -> dict[kept.RoleIn, set[str]]:
    """The groups that give each role there are rules for."""
    decided: dict[kept.RoleIn, set[str]] = {}
    only = next(iter(programmes)) if len(programmes) == 1 else None
    for rule in rules:
        programme_id = programmes.get(rule.programme or only or "")
        if programme_id is None:
            log.warning("a group gives a role in programme %r, which is not there", rule.programme)
            continue
        decided.setdefault((programme_id, rule.role), set()).add(rule.group)
    return decided


def _is_last_admin(connection: Connection, role: kept.RoleIn, now: datetime) -> bool:
    return role[1] == "admin" and kept.admins(connection, role[0], now.date()) <= 1
