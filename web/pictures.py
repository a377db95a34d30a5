"""Pictures: records of what came of a programme, as charts with their sentences. Pure, as `web.charts` is.

Each function takes what the operation of the same name returns and gives a `Picture`; where there is nothing
to draw yet it says what happens next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from web import words
from web.charts import BarChart, Chart, ColumnChart, HeatGrid, LineChart, Panel, Series, Tick
from web.records import (
    HeadcountRecord,
    KindMonthsRecord,
    OfficeDaysRecord,
    ReachedMonthRecord,
    RoomMonthRecord,
    SaidOfRecord,
)
from web.small_groups import EPOCH

#: Blocks of months of one side: the first and the last month, and what was said of the sessions in it.
Said = Sequence[tuple[date, date, SaidOfRecord]]

MANDATE = (
    "Three-day mandate: an assumption. Three of every five days on which their office is open, for each "
    "senior while they take part and are not paused; of these the weekdays on which they say today that they "
    "are in anyway are no trips either."
)
TRIPS = (
    "An office day is a day on which a senior comes in for sessions; days on which they are in anyway are no "
    "trips, whichever way is compared. A day counts once however many sessions it holds, and the current "
    "month up to today."
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with what has to be said of it, or why there is none."""

    title: str
    chart: Chart | None
    nothing: str = ""  #: what to do, or what happens next, where there is no chart
    notes: tuple[str, ...] = ()


def month_name(month: date) -> str:
    return f"{words.MONTHS[month.month - 1]} {month.year}"


def _month_ticks(months: Sequence[date], today: date) -> tuple[Tick, ...]:
    so_far = today.replace(day=1)
    return tuple(
        Tick(
            month_name(month) + (", so far" if month == so_far else ""),
            words.MONTHS[month.month - 1][:3],
            str(month.year),
            so_far=month == so_far,
        )
        for month in months
    )


def _day_ticks(days: Sequence[date]) -> tuple[Tick, ...]:
    return tuple(
        Tick(f"{words.WEEKDAYS[day.weekday()][:3]} {day.day} {month_name(day)}", str(day.day)) for day in days
    )


# --- office days ---------------------------------------------------------------------------------


def office_days(months: Sequence[OfficeDaysRecord], today: date) -> Picture:
    title = "Office days"
    sessions = sum(month.sessions for month in months)
    if not sessions:
        return Picture(
            title,
            None,
            "No session has taken place at an office yet. Once seniors have said yes to proposed days, "
            "this shows "
            "how many trips they made, and how many more simpler ways of booking would have asked of them.",
        )
    compared = sum(month.compared for month in months)
    notes = [TRIPS, MANDATE]
    if compared and compared < sessions:
        notes.append(_left_out(sessions - compared, sum(month.unplaced for month in months)))
    series = _compared_ways(months) if compared else _without_comparison(months)
    chart = _days_chart(title, _days_say(months), months, series, today)
    return Picture(title, chart, notes=tuple(notes))


def _left_out(many: int, unplaced: int) -> str:
    says = (
        "Left out for Officeday and both simpler ways, though not of the mandate, which is of all days: "
        f"{words.counted(many, 'session')} for which no plan worked out both simpler ways."
    )
    if not unplaced:
        return says
    return f"{says} The first free slot found no place for {'it' if many == 1 else f'{unplaced:,} of them'}."


def _compared_ways(months: Sequence[OfficeDaysRecord]) -> tuple[Series, ...]:
    return (
        Series("Officeday", tuple(month.ours for month in months), short="Ours"),
        Series("Greedy packer", tuple(month.greedy for month in months), short="Greedy"),
        Series("First free slot", tuple(month.first_free for month in months), short="First free"),
        _mandate(months),
    )


def _without_comparison(months: Sequence[OfficeDaysRecord]) -> tuple[Series, ...]:
    return Series("Officeday", tuple(month.all_days for month in months), short="Ours"), _mandate(months)


def _mandate(months: Sequence[OfficeDaysRecord]) -> Series:
    return Series("Three-day mandate", tuple(month.mandate for month in months), short="Mandate")


def _days_chart(
    title: str, says: str, months: Sequence[OfficeDaysRecord], series: tuple[Series, ...], today: date
) -> Chart:
    if len(months) == 1:
        values = tuple(one.values[0] for one in series)
        (month,) = _month_ticks([months[0].month], today)
        says = f"{says} The month is not over yet." if month.so_far else says
        days = (Series("Office days", values),)
        return BarChart(title, says, tuple(one.name for one in series), days, heading=month.name)
    saved = tuple(
        None if month.first_free is None or month.ours is None else month.first_free - month.ours
        for month in months
    )
    known = any(one is not None for one in saved)
    beside = (Series("Saved against the first free slot", saved),) if known else ()
    return LineChart(title, says, _month_ticks([m.month for m in months], today), series, beside=beside)


def _days_say(months: Sequence[OfficeDaysRecord]) -> str:
    known = [month for month in months if month.ours is not None and month.compared]
    if not known:
        days = words.counted(sum(month.all_days for month in months), "office day")
        return (
            f"Your seniors spent {days} on sessions since {month_name(months[0].month)}. What simpler ways "
            f"of booking "
            "would have asked of them is worked out with each plan, and shown from the next one on."
        )
    ours = sum(month.ours or 0 for month in known)
    first_free = sum(month.first_free or 0 for month in known)
    sessions = sum(month.compared for month in known)
    return (
        f"{words.counted(ours, 'office day')} for {words.counted(sessions, 'session')} since "
        f"{month_name(known[0].month)}. Booked at the first free slot, the same sessions would have taken "
        f"{first_free:,}: {_difference(first_free - ours)}."
    )


def _difference(saved: int) -> str:
    if saved == 0:
        return "just as many"
    return f"{words.counted(abs(saved), 'office day')} {'saved' if saved > 0 else 'fewer than were made'}"


# --- reach ---------------------------------------------------------------------------------------


def reach(months: Sequence[ReachedMonthRecord], today: date) -> Picture:
    title = "Reach"
    if not months:
        return Picture(
            title,
            None,
            "Nothing can be told of reach yet. It is shown from the month of the first agreed session on, "
            "and of "
            "five juniors or more.",
        )
    last = months[-1]
    says = (
        f"{last.reached:,} of {words.counted(last.people, 'junior')} had a session that was held in the "
        f"last twelve "
        f"weeks: {last.share}%"
    )
    if len(months) > 1:
        says += f", after {months[0].share}% in {month_name(months[0].month)}"
    ticks = _month_ticks([month.month for month in months], today)
    shares = Series("Reached", tuple(float(month.share) for month in months))
    notes = (
        "Of those who take part today, for the twelve weeks before the end of each month. Whoever joined "
        "since counts "
        "from the month in which five or more had joined, so that no step of the line tells of fewer.",
    )
    if len(months) == 1:
        return Picture(
            title, BarChart(title, f"{says}.", (ticks[0].name,), (shares,), "%", 100, "Month"), notes=notes
        )
    beside = (
        Series("Juniors", tuple(month.people for month in months), unit=""),
        Series("Of them reached", tuple(month.reached for month in months), unit=""),
    )
    return Picture(
        title, LineChart(title, f"{says}.", ticks, (shares,), "%", 0, 100, beside=beside), notes=notes
    )


# --- kinds ---------------------------------------------------------------------------------------


def kinds(told: tuple[Sequence[date], Sequence[KindMonthsRecord]], today: date) -> Picture:
    title = "Sessions by kind"
    months, rows = told
    if not rows:
        return Picture(
            title,
            None,
            "No kind of session can be told of yet: each is shown in whole weeks with five juniors or more "
            "in them. "
            "It begins with the first days that seniors agree to.",
        )
    held = {row.kind: sum(row.held) for row in rows}
    most = max(held, key=lambda kind: held[kind])
    says = f"{words.counted(sum(held.values()), 'session')} held since {month_name(months[0])}, of those "
    says += "that may be told"
    says += f"; most often {words.KINDS[most].lower()} ({held[most]:,})." if held[most] else "."
    panels = tuple(
        Panel(words.KINDS[row.kind], (Series("Held", row.held), Series("Still open", row.agreed)))
        for row in rows
    )
    notes = (
        "Each kind has a scale of its own. Still open: over without a word of whether it was held. What fell "
        "through and what is to come is not here.",
        "By whole weeks that are over; weeks of a kind wait for one another until five juniors are in them, "
        "and are then told of together, in the month of the last one’s Thursday. That begins anew every "
        f"{EPOCH} weeks, and weeks that still wait then are told of no more.",
    )
    return Picture(
        title, ColumnChart(title, says, _month_ticks(months, today), panels, own_scales=True), notes=notes
    )


# --- satisfaction --------------------------------------------------------------------------------


def satisfaction(told: tuple[Sequence[date], tuple[Said, Said]], today: date) -> Picture:
    title = "How useful sessions were"
    months, (seniors, juniors) = told
    means = [("Juniors", _means(juniors, months)), ("Seniors", _means(seniors, months))]
    known = [(name, found) for name, found in means if any(value is not None for value in found)]
    if not known:
        return Picture(
            title,
            None,
            "Nothing can be told yet. After each session both sides are asked how useful it was; it is "
            "shown once "
            "five people have said so and the answers of their month are in.",
        )
    last = [f"{name.lower()} {_last(found):.1f}" for name, found in known]
    says = words.sentence(f"{words.listed(last)} of 5, as they last said.")
    shown = [at for at in range(len(months)) if any(found[at] is not None for _, found in known)]
    first, end = shown[0], shown[-1] + 1
    ticks = _month_ticks(months[first:end], today)
    series = tuple(Series(name, found[first:end], digits=1) for name, found in known)
    notes = (
        "The mean of what they said, 1 to 5, in blocks of months with five people or more. A month is "
        "shown once its "
        "answers are in.",
    )
    if len(ticks) == 1:
        means_alone = (Series("Of 5", tuple(one.values[0] for one in series), digits=1),)
        names = tuple(one.name for one in series)
        chart = BarChart(title, says, names, means_alone, high=5, heading=ticks[0].name)
        return Picture(title, chart, notes=notes)
    return Picture(title, LineChart(title, says, ticks, series, low=1, high=5), notes=notes)


def _means(side: Said, months: Sequence[date]) -> tuple[float | None, ...]:
    """One a month: that of the block it is in."""
    found = {month: said.mean for first, last, said in side for month in months if first <= month <= last}
    return tuple(round(found[month], 1) if month in found else None for month in months)


def _last(means: Sequence[float | None]) -> float:
    return next(value for value in reversed(means) if value is not None)


# --- days of a month -----------------------------------------------------------------------------


def rooms(month: RoomMonthRecord | None, days: Sequence[date]) -> Picture:
    title = f"Rooms in {month_name(days[0])}"
    if month is None:
        return Picture(title, None, "There are no rooms yet. They come with the sheets of offices and rooms.")
    known = {name: [one for one in shares if one is not None] for name, shares in month.rooms}
    means = {name: sum(some) / len(some) for name, some in known.items() if some}
    if not means:
        says = f"{month.office} is closed all month."
    elif not any(means.values()):
        says = f"No session is in a room of {month.office} this month."
    else:
        fullest = max(means, key=lambda name: means[name])
        says = (
            f"Sessions take {round(sum(means.values()) / len(means))}% of the hours of "
            f"{words.counted(len(month.rooms), 'room')} in {month.office}, and {round(means[fullest])}% of "
            f"those of "
            f"{fullest}, the fullest."
        )
    rows = tuple(
        (name, tuple(None if one is None else round(one) for one in shares)) for name, shares in month.rooms
    )
    notes = (
        "How far a cell is filled is how much of the hours in which the room can be used sessions take, of "
        "all "
        "programmes. A dash: closed. What others book is not counted.",
    )
    return Picture(title, HeatGrid(title, says, _day_ticks(days), rows), notes=notes)


def headcount(offices: Sequence[HeadcountRecord], days: Sequence[date]) -> Picture:
    title = f"People at the office in {month_name(days[0])}"
    if not offices:
        return Picture(title, None, "No agreed session brings anybody to an office this month.")
    office, at = max(
        ((office, at) for office in offices for at in range(len(days))),
        key=lambda pair: pair[0].people[pair[1]],
    )
    most = words.counted(office.people[at], "person", "people")
    says = f"At most {most}: on {words.long_day(days[at])}, in {office.office}."
    panels = tuple(Panel(one.office, (Series("People", one.people),)) for one in offices)
    notes = (
        "Seniors and juniors of this programme’s agreed sessions, each once a day: for catering and the "
        "front desk.",
    )
    return Picture(title, ColumnChart(title, says, _day_ticks(days), panels, heading="Day"), notes=notes)
