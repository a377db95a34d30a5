"""Which groups of people may stand side by side in published tables, so that nobody is found by subtraction.

Pure: no clock, database or network. A figure of a group is a sum over the people in it, so what a reader can
work out from tables is every sum and difference of their rows. Two promises are kept, each by construction:

**Rows of one moment** (`publishable`). Several breakdowns of the same people – by team, by site, by cohort –
are shown together with the total. No combination of their rows, with whatever weights, depends on fewer than
`LEAST` people only. Small groups are merged into "others" first; then a search looks for a combination that
still isolates a few, and merges on until there is none. The same people stand in the rows of every span, so
two spans, or a page and an export, never differ in whom a row counts.

**Rows of many weeks** (`published_in`). What is counted week by week (sessions, by kind) is handed out in
blocks of whole weeks that are over, with at least `LEAST` people in each, begun anew at fixed dates. A span
is a sum of whole blocks, so the difference of any two spans is a sum of blocks too, whenever they were
looked at.

**Sums of answers** (`publishable_sums`). Where people answer several times, and some labels are those of the
answer (the kind of its session), others theirs (their site), the first promise is kept for what is summed up
over answers: no combination of rows depends on the answers of fewer than `LEAST` people only.

What is *not* covered: a figure of none or of all says so of everybody in its group, as any figure does; and
tables kept from before and after somebody joined, left or moved to another team differ by that person.

Terms: statistical disclosure control calls the first merging primary and the second complementary
suppression (Willenborg and de Waal, Elements of Statistical Disclosure Control, 2001, chapters 1 and 4).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: Figures are of at least so many people.
LEAST = 5

#: Blocks of weeks begin anew at every week whose number is a multiple of this.
EPOCH = 26

#: Ranks are worked out modulo this prime: exact for all but matrices whose minors it all divides. Products of
#: two numbers below it can be added up `_TERMS` at a time in 64 bits.
_PRIME = 2**26 - 5
_TERMS = 1024

#: Steps of the search for a combination; where they do not suffice the tables count as unsafe.
_MOST_STEPS = 200

Label = str | None  #: None: the others
_Vector = tuple[int, ...]
_Rows = npt.NDArray[np.int64]  #: vectors, one a row


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a table. `label` of None: everybody whose own group is too small to be shown."""

    label: Label
    people: frozenset[int]


Tables = Mapping[str, tuple[Group, ...]]


def publishable(breakdowns: Mapping[str, Mapping[int, str]], least: int = LEAST) -> Tables:
    """Groups that may be shown together, with their total.

    Args:
        breakdowns: by name of the breakdown the label of every person; the same people in each.
        least: fewest people that any combination of rows may depend on.

    Returns:
        By breakdown its groups, by label, the others last; no group at all where there are fewer than
        `least` people, and a single one where they could not be told apart.
    """
    people = frozenset(who for labels in breakdowns.values() for who in labels)
    if any(labels.keys() != people for labels in breakdowns.values()):
        raise ValueError("every breakdown is of the same people")
    if len(people) < least:
        return dict.fromkeys(breakdowns, ())
    merged = {
        name: _without_small({who: labels[who] for who in people}, least)
        for name, labels in breakdowns.items()
    }
    while exposed := _exposed(merged, least):
        _merge_one(merged, exposed)
    return {name: _groups(labels) for name, labels in merged.items()}


def _groups(labels: Mapping[int, Label]) -> tuple[Group, ...]:
    members: dict[Label, set[int]] = defaultdict(set)
    for who, label in labels.items():
        members[label].add(who)
    order = sorted(members, key=lambda label: (label is None, label or ""))
    return tuple(Group(label, frozenset(members[label])) for label in order)


def _without_small(labels: Mapping[int, str], least: int) -> dict[int, Label]:
    """Merge small groups into the others, and the next smallest where these are still too few."""
    sizes = Counter(labels.values())
    others: set[str] = {label for label, size in sizes.items() if size < least}
    for label in sorted(sizes, key=lambda one: (sizes[one], one)):
        if others and sum(sizes[one] for one in others) < least:
            others.add(label)
    return {who: None if label in others else label for who, label in labels.items()}


def _merge_one(merged: dict[str, dict[int, Label]], exposed: frozenset[int]) -> None:
    """Merge the smallest group that has somebody exposed in it, or else the smallest there is.

    Where a breakdown has no others yet, its two smallest groups become them.
    """
    _, _, name, label = min(
        (not exposed & group.people, len(group.people), name, group.label)
        for name, labels in merged.items()
        for group in _groups(labels)
        if group.label is not None and len(group.people) < len(labels)
    )
    labels = merged[name]
    gone: set[Label] = {label}
    if None not in labels.values():
        sizes = Counter(one for one in labels.values() if one != label)
        gone.add(min(sizes, key=lambda one: (sizes[one], one or "")))
    merged[name] = {who: None if one in gone else one for who, one in labels.items()}


# --- the search ----------------------------------------------------------------------------------
#
# A combination of rows gives each person the sum of the weights of their groups: a[team] + b[site] + … .
# It isolates a few if it is zero for everybody else. Take the breakdown with the most groups (the "large"
# one) and give every other group a coordinate. People of one large group who are all zero agree in
# b[site] + …, so a combination that isolates T is a linear form on the coordinates that is constant in
# each large group but for T, and not constant in all of them. Forms that are constant everywhere isolate
# nobody but whole large groups. So T isolates somebody if, with T left out, the differences within large
# groups span less than they do with everybody.


def _exposed(tables: Mapping[str, Mapping[int, Label]], least: int) -> frozenset[int]:
    """Fewer than `least` people on whom some combination of rows depends alone; empty: there are none."""
    large = max(tables, key=lambda name: (len(set(tables[name].values())), name))
    rest = sorted(
        {
            (name, label or "", label is None)
            for name in tables
            if name != large
            for label in tables[name].values()
        }
    )
    place = {key: number for number, key in enumerate(rest)}
    atoms: dict[Label, dict[_Vector, set[int]]] = defaultdict(lambda: defaultdict(set))
    for who, label in tables[large].items():
        vector = [0] * len(rest)
        for name in tables:
            if name != large:
                other = tables[name][who]
                vector[place[name, other or "", other is None]] = 1
        atoms[label][tuple(vector)].add(who)
    return _isolated([dict(each) for each in atoms.values()], least)


_Clusters = Sequence[Mapping[_Vector, set[int]]]
_Atom = tuple[int, _Vector]  #: where in the clusters somebody stands


def _isolated(clusters: _Clusters, least: int) -> frozenset[int]:
    """The search, on people by large group and coordinates.

    What at least `least` people have in common can never be left out, so its differences are divided out
    first; mostly nothing remains, or there are so many ways to span it that no few are in all of them.
    """
    clusters = _divided(clusters, least)
    rank = len(_spanning(clusters))
    if _is_spanned_apart(clusters, rank, least):
        return frozenset()
    return _Search(rank).leaving_out(clusters, frozenset(), least - 1) or frozenset()


def _divided(clusters: _Clusters, least: int) -> _Clusters:
    """People by what the combinations that are left can tell of them; groups that agree in it fall away."""
    while clusters := [each for each in clusters if len(each) > 1]:
        crowded = [[vector for vector, who in each.items() if len(who) >= least] for each in clusters]
        fixed = _Span(_differences(crowded))
        if not fixed.rank:
            break
        vectors = list({one for each in clusters for one in each})
        left = dict(zip(vectors, map(tuple, fixed.remainders(np.array(vectors)).tolist()), strict=True))
        clusters = [_put_together(each, left) for each in clusters]
    return clusters


def _put_together(
    cluster: Mapping[_Vector, set[int]], left: Mapping[_Vector, _Vector]
) -> dict[_Vector, set[int]]:
    again: dict[_Vector, set[int]] = defaultdict(set)
    for vector, who in cluster.items():
        again[left[vector]] |= who
    return dict(again)


def _is_spanned_apart(clusters: _Clusters, rank: int, least: int) -> bool:
    """Are there `least` sets of people, no two with a person in common, each of which spans all of it? Then
    fewer leave one of them whole. One person of every atom that is used is enough."""
    left = [{vector: set(who) for vector, who in each.items()} for each in clusters]
    for _ in range(least):
        spanning = _spanning(left)
        if len(spanning) < rank:
            return False
        for number, vector in {one for pair in spanning for one in pair}:
            left[number][vector].pop()
            if not left[number][vector]:
                del left[number][vector]
    return True


class _Search:
    """For at most so many people without whom the differences span less than `rank`.

    Whoever they are, one of them stands in every set of differences that spans as much; so one such set
    is taken, with as many people behind each as can be, and each few behind it are left out in turn.
    """

    def __init__(self, rank: int) -> None:
        self._rank = rank
        self._tried: set[frozenset[int]] = set()

    def leaving_out(self, clusters: _Clusters, gone: frozenset[int], most: int) -> frozenset[int] | None:
        """Those left out in the end, `gone` among them; None: leaving out `most` more isolates nobody."""
        if gone in self._tried:
            return None
        self._tried.add(gone)
        spanning = _spanning(clusters)
        if len(spanning) < self._rank or len(self._tried) > _MOST_STEPS:
            return gone
        for number, vector in dict.fromkeys(one for pair in spanning for one in pair):
            few = clusters[number][vector]
            if len(few) <= most:
                without = [*clusters]
                without[number] = {each: who for each, who in clusters[number].items() if each != vector}
                found = self.leaving_out(without, gone | few, most - len(few))
                if found is not None:
                    return found
        return None


def _spanning(clusters: _Clusters) -> list[tuple[_Atom, _Atom]]:
    """Independent differences, those first that have the most people behind both of their ends."""
    pairs: list[tuple[int, _Atom, _Atom]] = []
    for number, cluster in enumerate(clusters):
        order = sorted(cluster, key=lambda one: (-len(cluster[one]), one))
        pairs += [(len(cluster[one]), (number, order[0]), (number, one)) for one in order[1:]]
    pairs.sort(key=lambda pair: (-pair[0], *pair[1:]))
    vectors = _differences([(one[1], other[1]) for _, one, other in pairs])
    return [pairs[place][1:] for place in _independent(vectors)]


def _differences(some: Iterable[Sequence[_Vector]]) -> _Rows:
    """Of each sequence what all others differ from its first one in."""
    found = [np.subtract(each[1:], each[0]) for each in some if len(each) > 1]
    return np.concatenate(found) if found else np.zeros((0, 0), dtype=np.int64)


# --- linear algebra modulo a prime ---------------------------------------------------------------


def _independent(vectors: _Rows) -> list[int]:
    """The places of the vectors that are not spanned by those before them."""
    left = np.mod(vectors, _PRIME)
    found: list[int] = []
    while left.size and (some := left.any(axis=1)).any():
        place = int(np.argmax(some))
        begins = int(np.argmax(left[place] != 0))
        row = left[place] * pow(int(left[place, begins]), -1, _PRIME) % _PRIME
        left = (left - np.outer(left[:, begins], row)) % _PRIME
        found.append(place)
    return found


class _Span:
    """All that some vectors span: a basis, each with a 1 where it begins and zeros there in all others."""

    def __init__(self, vectors: _Rows) -> None:
        self._basis: _Rows = np.zeros((0, vectors.shape[1]), dtype=np.int64)
        self._begins: list[int] = []
        self.add(vectors)

    @property
    def rank(self) -> int:
        return len(self._begins)

    def add(self, vectors: _Rows) -> bool:
        """Span these as well; False: they were spanned already."""
        before = self.rank
        left = self.remainders(vectors)
        while left.size and (some := left.any(axis=1)).any():
            row = left[np.argmax(some)]
            begins = int(np.argmax(row != 0))
            row = row * pow(int(row[begins]), -1, _PRIME) % _PRIME
            left = (left - np.outer(left[:, begins], row)) % _PRIME
            basis = (self._basis - np.outer(self._basis[:, begins], row)) % _PRIME
            self._basis = np.vstack([basis, row])
            self._begins.append(begins)
        return self.rank > before

    def remainders(self, vectors: _Rows) -> _Rows:
        """What is left of each vector after taking off all that is spanned: the same for equal remainders."""
        left = np.mod(vectors, _PRIME)
        factors, taken = left[:, self._begins], np.zeros_like(left)
        for start in range(0, self.rank, _TERMS):
            terms = slice(start, start + _TERMS)
            taken = (taken + factors[:, terms] @ self._basis[terms]) % _PRIME
        return (left - taken) % _PRIME


# --- weeks ---------------------------------------------------------------------------------------


def published_in(
    weeks: Mapping[int, frozenset[Hashable] | None], least: int = LEAST, epoch: int = EPOCH
) -> Mapping[int, int]:
    """In which week the figures of each week are handed out: the last one of its block.

    Args:
        weeks: by number of the week (or month, …) who is in its figures; None: more than enough people.
        epoch: blocks begin anew at every number that is a multiple of this.

    Returns:
        Weeks that are in no whole block (yet) are absent: nothing of them is shown. Those left over where
        blocks begin anew stay so: the block before them was shown without them, and would tell them apart.
    """
    found: dict[int, int] = {}
    block: list[int] = []
    together: set[Hashable] = set()
    for week in sorted(weeks):
        if block and week // epoch != block[0] // epoch:
            block, together = [], set()
        who = weeks[week]
        block.append(week)
        together |= who or set()
        if who is None or len(together) >= least:
            found |= dict.fromkeys(block, week)
            block, together = [], set()
    return found


# --- figures that follow the day ------------------------------------------------------------------


def in_full_fives(figure: int) -> int:
    """A figure that is told from day to day, rounded down: mostly it stays as it is when one person goes.

    Statistical disclosure control calls this rounding to a base.
    """
    return figure - figure % LEAST


# --- sums of answers -----------------------------------------------------------------------------
#
# Somebody may have given several answers, each with its own labels (the kind of its session) beside their
# own (their site): an atom is one label of each breakdown, and rows are sums over atoms. A combination of
# rows gives each atom a weight, and isolates a few people if it is zero on all atoms where somebody else
# answered, and not on all of theirs. There is none if, whichever few are left out, the atoms of the
# others span what all span. Enough for that: atoms with `least` people behind them, which no few can
# empty, and beside them `least` groups of people, no two with a person in common, each of whose atoms
# span the rest: a few people leave one such group whole.

Atom = tuple[str, ...]  #: a label of each breakdown
_Merged = tuple[Label, ...]


def publishable_sums(
    answered: Mapping[Atom, frozenset[int]], least: int = LEAST
) -> tuple[Mapping[str, Label], ...] | None:
    """Under which label the answers of each atom may be summed up, in tables that are shown together.

    Args:
        answered: by atom (a label of each breakdown, in one order) whose answers stand there; of atoms that
            are counted otherwise (somebody was asked, nobody answered) nobody's.
        least: fewest people that any combination of rows may depend on.

    Returns:
        By breakdown, in that order: of each label itself, or None where it is one of the others. None
        instead of all of it: fewer than `least` people answered, so that there is not even a total.
    """
    if len(frozenset().union(*answered.values())) < least:
        return None
    people = _people_of_labels(answered)
    shown = [{label for label, who in each.items() if len(who) >= least} for each in people]
    dropped: list[tuple[int, str]] = []
    while not _is_safe(_merged_atoms(answered, shown), least):
        place, label = min(
            ((place, label) for place, labels in enumerate(shown) for label in labels),
            key=lambda one: (len(people[one[0]][one[1]]), one),
        )
        shown[place].remove(label)
        dropped.append((place, label))
    for place, label in reversed(dropped):  # what was merged for another's sake comes back
        shown[place].add(label)
        if not _is_safe(_merged_atoms(answered, shown), least):
            shown[place].remove(label)
    return tuple(
        {label: label if label in labels else None for label in each}
        for each, labels in zip(people, shown, strict=True)
    )


def _people_of_labels(answered: Mapping[Atom, frozenset[int]]) -> list[dict[str, set[int]]]:
    breakdowns: list[dict[str, set[int]]] = [defaultdict(set) for _ in next(iter(answered))]
    for atom, who in answered.items():
        for people, label in zip(breakdowns, atom, strict=True):
            people[label] |= who
    return breakdowns


def _merged_atoms(
    answered: Mapping[Atom, frozenset[int]], shown: Sequence[set[str]]
) -> dict[_Merged, frozenset[int]]:
    merged: dict[_Merged, frozenset[int]] = defaultdict(frozenset)
    for atom, who in answered.items():
        key = tuple(label if label in some else None for label, some in zip(atom, shown, strict=True))
        merged[key] |= who
    return merged


def _is_safe(atoms: Mapping[_Merged, frozenset[int]], least: int) -> bool:
    """Does no combination of rows, with whatever weights, depend on fewer than `least` people only?"""
    vectors = _rows_of(atoms)
    crowded = np.array([len(who) >= least for who in atoms.values()])
    left = _Span(vectors[crowded]).remainders(vectors)
    thin = {one: row for one, row in zip(atoms, left, strict=True) if row.any()}
    return not thin or _can_span_apart({one: atoms[one] for one in thin}, thin, least)


def _rows_of(atoms: Iterable[_Merged]) -> _Rows:
    """For each atom in which rows it is counted."""
    rows = sorted({(place, label or "", label is None) for atom in atoms for place, label in enumerate(atom)})
    return np.array(
        [
            [(atom[place] or "", atom[place] is None) == (label, others) for place, label, others in rows]
            for atom in atoms
        ],
        dtype=np.int64,
    )


def _can_span_apart(
    atoms: Mapping[_Merged, frozenset[int]], vectors: Mapping[_Merged, _Rows], groups: int
) -> bool:
    """Are there so many groups of people, no two with a person in common, each of whose atoms span them all?

    They are put together from whoever stands where most do, so that those in rare rows are left for later.
    """
    rank = _Span(np.array(list(vectors.values()))).rank
    theirs: dict[int, list[_Merged]] = defaultdict(list)
    for atom, who in atoms.items():
        for person in who:
            theirs[person].append(atom)
    rarest = {person: min(len(atoms[atom]) for atom in some) for person, some in theirs.items()}
    waiting = sorted(theirs, key=lambda person: (-rarest[person], person))
    for _ in range(groups):
        span = _Span(np.zeros((0, len(next(iter(vectors.values())))), dtype=np.int64))
        spare = []
        for person in waiting:
            rows = np.array([vectors[atom] for atom in theirs[person]])
            if span.rank == rank or not span.add(rows):
                spare.append(person)
        if span.rank < rank:
            return False
        waiting = spare
    return True
