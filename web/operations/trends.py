"""How sessions were, in groups: by kind, cohort, site and month, seniors and juniors apart; of nobody alone.

Three things keep it so, and the export has the same rows as the page.

A month is told of once its answers are in: whoever was asked about its last session has had their two
weeks. From then on its figures stay as they are, so no figure moves with one person's answer.

Months are told of in blocks with at least five people who said how useful it was, begun anew every half
year (`small_groups.published_in`); within a block groups are merged until nothing that can be worked out of
its rows depends on fewer than five (`small_groups.publishable_sums`). Everything shown is a sum of blocks,
and a row says of which blocks its group stands among the others.

Words come without names, without their session and in the order of the alphabet, in blocks of months in
which at least five people wrote one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, date, datetime, timedelta

from planner.domain import SessionKind
from web import words
from web.operations import audit
from web.operations.access import need_role
from web.operations.fairness import NO_COHORT, NO_SITE
from web.records import Member, SaidOfRecord, SideRecord, TrendsRecord
from web.site import Site
from web.small_groups import Label, publishable_sums, published_in
from web.store import fairness as kept_groups
from web.store import feedback as kept
from web.store.attendance import OPEN_FOR
from web.store.feedback import Answers

#: Blocks of months begin anew in January and July.
HALF = 6

#: After the end of a month, when the last of its sessions can no longer be spoken of.
ANSWERS_ARE_IN = OPEN_FOR + timedelta(days=1)

#: Asked, answered, happened, and how many found it 1, 2, … 5.
_Counts = tuple[int, ...]

#: What was said in each block of months: the first day of its first and of its last month, and of what.
Blocks = tuple[tuple[date, date, SaidOfRecord], ...]

# --- months --------------------------------------------------------------------------------------


def month_of(instant: datetime) -> int:
    """The number of a month, in UTC."""
    utc = instant.astimezone(UTC)
    return utc.year * 12 + utc.month - 1


def start_of(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def told_from(month: int) -> datetime:
    """When the answers of a month are in."""
    return start_of(month + 1) + ANSWERS_ARE_IN


def last_told(now: datetime) -> int:
    """The last month whose answers are in."""
    month = month_of(now) - 1
    return month if told_from(month) <= now else month - 1


def _months(site: Site, halves: Iterable[int], now: datetime) -> list[int]:
    """Those told of in some half-years.

    A half-year is left out as a whole once answers of it are dropped, so that its blocks never change.
    """
    kept_since = now - timedelta(days=site.config.privacy.keep_attendance_days)
    last = last_told(now)
    return [
        month
        for one in halves
        for month in range(one * HALF, (one + 1) * HALF)
        if month <= last and start_of(one * HALF) >= kept_since
    ]


def _starts(numbers: Iterable[int]) -> Mapping[int, datetime]:
    """When each of some months begins, and when it ends."""
    return {month: start_of(month) for each in numbers for month in (each, each + 1)}


# --- figures -------------------------------------------------------------------------------------


def trends(site: Site, half: int | None, by: Member, now: datetime) -> TrendsRecord:
    """Everything the page and its export tell, in a fixed number of statements.

    Args:
        half: number of the half-year that ends it (year × 2, plus one for the second); None: the latest.
    """
    need_role(by, "admin")
    latest = last_told(now) // HALF
    half = latest if half is None else min(half, latest)
    months = _starts(_months(site, (half - 1, half), now))  # its own, and those of the one before
    with site.store.reading() as connection:
        answers = kept.answers(connection, by.programme_id, months) if months else []
        written = kept.words(connection, by.programme_id, months) if months else {}
        cohorts = kept.cohorts(connection, by.programme_id)
        sites = kept_groups.sites(connection)
        first = kept.first_month(connection, by.programme_id)
    shown = _shown_words(written)
    if shown:
        audit.look(site, by, "read.words")
    of_site = {who: words.listed(offices) for who, offices in sites.items()}
    return TrendsRecord(
        programme=by.programme_name,
        half=half,
        first=start_of((half - 1) * HALF).date(),
        last=(start_of((half + 1) * HALF) - timedelta(days=1)).date(),
        told_until=(start_of(last_told(now) + 1) - timedelta(days=1)).date(),
        next_on=told_from(last_told(now) + 1).date(),
        earlier=first is not None and month_of(first) < (half - 1) * HALF and bool(months),
        later=half < latest,
        kept_days=site.config.privacy.keep_attendance_days,
        any_asked=first is not None,
        seniors=_side(
            [one for one in answers if one.as_senior],
            {"kind": lambda one: one.kind, "site": lambda one: of_site.get(one.person_id, NO_SITE)},
        ),
        juniors=_side(
            [one for one in answers if not one.as_senior],
            {
                "kind": lambda one: one.kind,
                "cohort": lambda one: cohorts.get(one.person_id, NO_COHORT),
                "site": lambda one: of_site.get(one.person_id, NO_SITE),
            },
        ),
        words=shown,
    )


def blocks(site: Site, since: date, by: Member, now: datetime) -> tuple[Blocks, Blocks]:
    """What seniors said, and juniors, in each block of months from the half-year of a day on."""
    need_role(by, "admin")
    first = (since.year * 12 + since.month - 1) // HALF
    months = _starts(_months(site, range(first, last_told(now) // HALF + 1), now))
    if not months:
        return (), ()
    with site.store.reading() as connection:
        answers = kept.answers(connection, by.programme_id, months)
    return (
        _told(_blocks(one for one in answers if one.as_senior)),
        _told(_blocks(one for one in answers if not one.as_senior)),
    )


def _told(by_block: Mapping[int, Sequence[Answers]]) -> Blocks:
    return tuple(
        (*_months_of(block, last), _said(None, _sum(map(_counts, block)))) for last, block in by_block.items()
    )


def _months_of(block: Iterable[Answers], last: int) -> tuple[date, date]:
    """The first days of its first and of its last month."""
    return _first_day(min(one.month for one in block)), _first_day(last)


def _side(
    answers: Sequence[Answers], breakdowns: Mapping[str, Callable[[Answers], str]]
) -> SideRecord | None:
    """The sum of its blocks of months; None: there is none yet."""
    by_block = _blocks(answers)
    if not by_block:
        return None
    tables: dict[str, dict[Label, list[_Counts]]] = {name: defaultdict(list) for name in breakdowns}
    without: dict[tuple[str, str], set[tuple[date, date]]] = defaultdict(set)
    for last, block in by_block.items():
        for name, own, label, counts in _rows(block, breakdowns):
            tables[name][label].append(counts)
            if label is None:
                without[name, own].add(_months_of(block, last))
    return SideRecord(
        total=_said(None, _sum(_counts(one) for block in by_block.values() for one in block)),
        tables={name: _table(name, rows, without) for name, rows in tables.items() if len(rows) > 1},
        months=_told(by_block),
    )


def _blocks(answers: Iterable[Answers]) -> Mapping[int, list[Answers]]:
    """By the last month of each block what was answered in it."""
    by_month: dict[int, list[Answers]] = defaultdict(list)
    for one in answers:
        by_month[one.month].append(one)
    who = {
        month: frozenset(one.person_id for one in some if any(one.useful)) for month, some in by_month.items()
    }
    blocks: dict[int, list[Answers]] = defaultdict(list)
    for month, last in sorted(published_in(who, epoch=HALF).items()):
        blocks[last] += by_month[month]
    return blocks


def _rows(
    block: Iterable[Answers], breakdowns: Mapping[str, Callable[[Answers], str]]
) -> Iterator[tuple[str, str, Label, _Counts]]:
    """What was answered in a block, atom by atom: by breakdown its own label, and the one it stands under."""
    atoms: dict[tuple[str, ...], list[Answers]] = defaultdict(list)
    for one in block:
        atoms[tuple(label_of(one) for label_of in breakdowns.values())].append(one)
    who = {atom: frozenset(one.person_id for one in some if any(one.useful)) for atom, some in atoms.items()}
    # A block has five people who said how useful it was, so that there is something to show.
    shown = publishable_sums(who) or ()
    for atom, some in atoms.items():
        counts = _sum(map(_counts, some))
        for name, label, labels in zip(breakdowns, atom, shown, strict=True):
            yield name, label, labels[label], counts


def _counts(one: Answers) -> _Counts:
    return (one.asked, one.answered, one.happened, *one.useful)


def _sum(some: Iterable[_Counts]) -> _Counts:
    return tuple(map(sum, zip(*some, strict=True)))


def _table(
    name: str,
    rows: Mapping[Label, Sequence[_Counts]],
    without: Mapping[tuple[str, str], Set[tuple[date, date]]],
) -> tuple[SaidOfRecord, ...]:
    """By label, kinds in their own order; the others last.

    What stands among the others of some blocks only is of the rest, and its row says so. Were it merged in
    all of them, one thin month would take a group out of a whole year.
    """
    kinds = [kind.value for kind in SessionKind]
    order = sorted(
        rows,
        key=lambda label: (label is None, kinds.index(label) if name == "kind" and label else 0, label or ""),
    )
    return tuple(
        _said(label, _sum(rows[label]), sorted(without.get((name, label), ())) if label is not None else ())
        for label in order
    )


def _said(label: Label, counts: _Counts, without: Iterable[tuple[date, date]] = ()) -> SaidOfRecord:
    asked, answered, happened, *useful = counts
    return SaidOfRecord(label, asked, answered, happened, tuple(useful), tuple(without))


def _first_day(month: int) -> date:
    return start_of(month).date()


def _shown_words(written: Mapping[int, list[tuple[int, str]]]) -> tuple[str, ...]:
    """Those of months in whose block at least five people wrote one."""
    who = {month: frozenset(person for person, _ in some) for month, some in written.items()}
    shown = [text for month in published_in(who, epoch=HALF) for _, text in written[month]]
    return tuple(sorted(shown, key=lambda text: (text.casefold(), text)))
