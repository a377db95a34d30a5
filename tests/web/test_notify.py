from __future__ import annotations

import email
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.policy import SMTP
from html.parser import HTMLParser

import pytest
from icalendar import Calendar

from tests.web.mails import (
    AISHA,
    BEN,
    COFFEE,
    CONFIG,
    COWORKING,
    FARID,
    FOR_COWORKING,
    FOR_LUNCH,
    HOSTILE,
    LETTERS,
    LUNCH,
    MESSAGE_ID,
    NOW,
    OBJECTIVE,
    ONLINE,
    PRIYA,
    PROPOSAL,
    SIX_DAYS,
    calendar_of,
    days_later,
    hostile_proposal,
    hostile_session,
    html_of,
    link_url,
    mail,
    proposing,
    text_of,
)
from web.config import MailConfig, SiteConfig
from web.notify import (
    KINDS,
    AskedSession,
    CancellationLetter,
    ChangedSession,
    ChangesLetter,
    ComingLetter,
    ComingSession,
    DayQuestionLetter,
    DepartureLetter,
    EvaluationLetter,
    InvitationLetter,
    LineLetter,
    ProposalLetter,
    ProposedDay,
    QuestionLetter,
    RefusalLetter,
    SeatLetter,
    SeatOfferLetter,
    Serves,
    SignInLetter,
    kind_of,
    mail_from_row,
    payload_of,
)
from web.operations.goals import LONGEST_STATEMENT
from web.outgoing import MailFailed
from web.records import DayQuestionRecord
from web.words import zone_for


class Page(HTMLParser):
    """What a mail client makes of the HTML: its words, links, tags and addresses it would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._link: str | None = None
        self._said = ""
        self._hidden = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self._hidden = tag in ("style", "title")
        if tag == "a":
            self._link = found["href"]
            self._said = found.get("aria-label") or ""

    def handle_endtag(self, tag):
        self._hidden = False
        if tag == "a":
            self._link = None

    def handle_data(self, text):
        if not self._hidden:
            self.words.append(text)
            if self._link is not None:
                assert self._said.startswith(text) or not self._said  # WCAG 2.2, 2.5.3
                self.links[self._said or text.strip()] = self._link

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(message) -> Page:
    return Page(html_of(message))


def words_of(message) -> str:
    return " ".join(text_of(message).split())


# --- the proposal --------------------------------------------------------------------------------


def test_the_proposals_subject_is_the_sentence():
    assert mail(*LETTERS["proposal"])["Subject"] == "Thursday 11 March: four sessions, one trip"


def test_the_proposal_says_it_all_in_text_and_in_html():
    message = mail(*LETTERS["proposal"])

    for said in (words_of(message), page_of(message).text):
        for fact in (
            "Thursday 11 March: four sessions, one trip",
            "9:30–16:00",
            "London",
            "Booked one by one these would take 3 days.",
            "9:30 Group mentoring Room 3 · Aisha, Ben and Chidi · “reading other people’s code”",
            "10:30 free until 12:00",
            "12:00 Lunch with Farid Canteen · just the two of you",
            "13:00 Co-working Room 5 · Gita, Ben and 2 open seats · a check-in every 30 minutes",
            "15:30 Coffee with Aisha online · just the two of you",
            "16:00 you are done",
            "Why this day",
            "✓ all seven people are free",
            "✓ proved: no plan needs fewer of your days in the office",
            "ntil Tuesday 9 March, 17:00.",
            "Skipping costs nothing.",
            "Nothing is decided until you say so there",
        ):
            assert fact in said


def test_the_three_answers_are_links_made_from_the_signed_one():
    message = mail(*LETTERS["proposal"])
    base = "https://mentoring.example.org/a/signed.link-1"

    assert page_of(message).links == {
        "Approve Thursday": f"{base}?answer=approve",
        "Another day than Thursday 11 March": f"{base}?answer=other",
        "Skip this time: Thursday 11 March": f"{base}?answer=skip",
    }
    assert re.findall(r"https://\S+", text_of(message))[:3] == list(page_of(message).links.values())


def test_an_answer_link_keeps_the_query_it_had():
    message = mail(ProposalLetter((ProposedDay(PROPOSAL, "x?lang=en#top"),)), PRIYA)

    assert page_of(message).links["Skip this time: Thursday 11 March"].endswith("x?lang=en&answer=skip#top")


def test_no_proof_is_claimed_unless_there_is_one():
    unproved = replace(PROPOSAL, proved=False)

    assert "proved" not in str(mail(proposing(unproved), PRIYA))


def test_an_online_day_is_no_trip_and_claims_neither_saving_nor_proof():
    message = mail(proposing(ONLINE), PRIYA)

    assert message["Subject"] == "Thursday 11 March: one online session, no trip"
    for said in (words_of(message), page_of(message).text):
        assert "Booked one by one" not in said
        assert "proved" not in said


def test_a_day_one_comes_in_anyway_is_no_extra_trip():
    message = mail(proposing(replace(PROPOSAL, already_in=True)), PRIYA)

    assert message["Subject"] == "Thursday 11 March: four sessions, no extra trip"
    assert "You are in that day anyway." in words_of(message)
    assert "You are in that day anyway." in page_of(message).text


def test_a_proposal_says_what_each_kind_of_session_is_for():
    for message in (
        mail(*LETTERS["proposal, each for something"]),
        mail(*LETTERS["proposal of six days, each for something"]),
    ):
        for said in (words_of(message), page_of(message).text):
            assert f"Lunch for two. {FOR_LUNCH}" in said
            assert f"Co-working. {FOR_COWORKING}" in said
            assert f"Coffee roulette. {OBJECTIVE}" in said
            assert "Group mentoring. " not in said  # its name says it


def test_what_all_sessions_of_a_mail_serve_is_said_once():
    for name in ("proposal, all for one", "proposal of six days, all for one"):
        message = mail(*LETTERS[name])
        for said in (words_of(message), page_of(message).text):
            assert said.count(OBJECTIVE) == 1
            assert f"Coffee roulette. {OBJECTIVE}" not in said


def test_letters_owed_before_they_said_what_sessions_are_for_are_written_as_they_were():
    for name in ("proposal", "invitation", "seat", "seat that is offered"):
        letter, recipient = LETTERS[name]
        payload = payload_of(letter)
        for holder in (payload, *payload.get("days", ())):
            holder.pop("serves", None)
        written = mail_from_row(kind_of(letter), payload, recipient, MESSAGE_ID, NOW, CONFIG, link_url)

        assert written.as_bytes() == mail(letter, recipient).as_bytes()


def test_an_invitation_quotes_a_goal_in_the_mail_to_its_owner_and_in_no_calendar():
    to_farid = mail(*LETTERS["invitation, for a goal of one's own"])
    to_priya = mail(*LETTERS["invitation to the senior, for a goal"])

    assert "Your goal: “explain <b>what</b> I do”" in page_of(to_farid).text
    assert "Your goal: “explain <b>what</b> I do”" in words_of(to_farid)
    for message, link in ((to_farid, page_of(to_farid)), (to_priya, page_of(to_priya))):
        (event,) = Calendar.from_ical(calendar_of(message)).walk("VEVENT")
        described = str(event["DESCRIPTION"])
        assert "It serves a goal that one of you set." in described
        assert "explain" not in described
        assert link.links["What helps before it"] == "https://mentoring.example.org/sessions/lunch-1/briefing"


def test_an_offered_seat_says_what_it_is_for():
    message = mail(*LETTERS["seat that is offered, for something"])

    assert FOR_COWORKING in words_of(message) and FOR_COWORKING in page_of(message).text


def test_a_day_in_place_of_another_says_why():
    message = mail(*LETTERS["proposal in place of another"])

    assert "can no longer make it." in words_of(message)
    assert "can no longer make it." in page_of(message).text


def test_a_reader_in_another_zone_is_told_whose_clock_it_is():
    note = "All times are London time (Europe/London)."

    for message in (
        mail(*LETTERS["proposal, read elsewhere"]),
        mail(SeatLetter(LUNCH), replace(BEN, timezone="UTC")),
    ):
        assert note in words_of(message)
        assert note in page_of(message).text
    assert note not in words_of(mail(*LETTERS["proposal"]))


#: At 10:30 on Tuesday in New York, and half past midnight on Wednesday to Ben in Tokyo.
_THERE = {
    "start": datetime(2027, 3, 9, 15, 30, tzinfo=UTC),
    "timezone": "America/New_York",
    "juniors": (replace(BEN, timezone="Asia/Tokyo"),),
    "senior": replace(PRIYA, timezone="America/New_York"),
}
ONLINE_FAR_AWAY = replace(COFFEE, **_THERE)
OFFICE_FAR_AWAY = replace(LUNCH, **_THERE, office="New York")
_UNTIL = ONLINE_FAR_AWAY.end + timedelta(days=14)
_ASKED_FAR_AWAY = DayQuestionRecord(
    3, "busy", *ONLINE_FAR_AWAY.juniors, date(2027, 3, 9), "Asia/Tokyo", (ONLINE_FAR_AWAY,), ("come",), _UNTIL
)

TOLD_OF_ONE = {
    "invitation": InvitationLetter,
    "cancellation": CancellationLetter,
    "seat": SeatLetter,
    "offered seat": lambda session: SeatOfferLetter(session, "link-1", session.start),
    "line": lambda session: LineLetter(session, "called_off"),
    "question": lambda session: QuestionLetter(session, "moved", True, 7, session.start),
    "coming": lambda session: ComingLetter((ComingSession(session, None, "/sessions"),)),
    "evaluation": lambda session: EvaluationLetter((AskedSession(session, "link-1"),), _UNTIL),
    "changes": lambda session: ChangesLetter((ChangedSession(session, "moved"),)),
    "day question": lambda session: DayQuestionLetter(
        replace(_ASKED_FAR_AWAY, sessions=(session,), timezone=zone_for(session, BEN_IN_TOKYO)), "link-1"
    ),
    "departure": lambda session: DepartureLetter("Data cohort", None, None, (session,), (), (), ()),
}
(BEN_IN_TOKYO,) = ONLINE_FAR_AWAY.juniors


@pytest.mark.parametrize("letter", TOLD_OF_ONE.values(), ids=TOLD_OF_ONE)
def test_day_and_hour_are_of_one_clock_the_readers_online_and_the_offices_in_it(letter):
    online, in_office = (
        mail(letter(session), BEN_IN_TOKYO) for session in (ONLINE_FAR_AWAY, OFFICE_FAR_AWAY)
    )

    for said in (online["Subject"], words_of(online), page_of(online).text):
        assert "Tuesday" not in said and "10:30" not in said and "New York" not in said
    for said in (in_office["Subject"], words_of(in_office), page_of(in_office).text):
        assert "0:30" not in said.replace("10:30", "")
        assert "Wednesday 10 March" not in said
    for said in (words_of(online), page_of(online).text):
        assert "Wednesday 10 March" in said and "0:30" in said
    for said in (words_of(in_office), page_of(in_office).text):
        assert "Tuesday 9 March" in said and "10:30" in said and "New York time" in said


def test_a_session_of_another_day_than_its_evaluation_mail_says_so():
    """Wednesday to Ben in Tokyo, Tuesday in the office in New York."""
    asked = (AskedSession(ONLINE_FAR_AWAY, "link-1"), AskedSession(OFFICE_FAR_AWAY, "link-2"))
    message = mail(EvaluationLetter(asked, _UNTIL), BEN_IN_TOKYO)

    assert message["Subject"] == "How were they? Two sessions, Wednesday 10 March"
    for said in (words_of(message), page_of(message).text):
        assert "0:30–1:00 · online" in said
        assert "Tuesday 9 March, 10:30–11:30 · Canteen" in said


def test_a_proposal_without_reasons_or_deadline_leaves_them_out():
    bare = replace(PROPOSAL, why=(), proved=False, expires_at=None)
    message = mail(proposing(bare), PRIYA)

    assert "Why this day" not in str(message)
    assert "Your answer. Skipping costs nothing." in words_of(message)


# --- several days in one mail --------------------------------------------------------------------


def test_the_subject_of_several_days_sums_them_up():
    message = mail(proposing(*SIX_DAYS), PRIYA)

    assert message["Subject"] == "Two office days instead of four, and four online"
    for said in (words_of(message), page_of(message).text):
        assert said.count("Two office days instead of four, and four online") == 1


def test_several_days_stand_each_in_its_own_block_office_days_first():
    message = mail(proposing(*SIX_DAYS), PRIYA)

    for said in (words_of(message), page_of(message).text):
        sentences = [
            "Thursday 11 March: four sessions, one trip",
            "Wednesday 17 March: four sessions, one trip",
            "Friday 12 March: one online session, no trip",
            "Tuesday 16 March: one online session, no trip",
            "Tuesday 23 March: one online session, no trip",
            "Thursday 25 March: one online session, no trip",
        ]
        blocks = re.split("|".join(f"(?={sentence})" for sentence in sentences), said)[1:]
        assert [
            block[: len(sentence)] for block, sentence in zip(blocks, sentences, strict=True)
        ] == sentences
        for block in blocks[:2]:
            for fact in (
                "9:30–16:00",
                "Booked one by one these would take 3 days.",
                "9:30 Group mentoring Room 3 · Aisha, Ben and Chidi · “reading other people’s code”",
                "10:30 free until 12:00",
                "12:00 Lunch with Farid Canteen · just the two of you",
                "13:00 Co-working Room 5 · Gita, Ben and 2 open seats · a check-in every 30 minutes",
                "15:30 Coffee with Aisha online · just the two of you",
                "16:00 you are done",
                "Why this day",
                "✓ all seven people are free",
            ):
                assert fact in block
        for block in blocks[2:]:
            assert "15:30–16:00" in block
            assert "15:30 Coffee with Aisha online · just the two of you" in block
            assert "both of you are free" in block
            assert "Booked one by one" not in block


def test_each_of_several_days_has_three_answers_of_its_own():
    message = mail(proposing(*SIX_DAYS), PRIYA)

    expected = {}
    for number, day, online in (
        (1, "Thursday 11 March", False),
        (4, "Wednesday 17 March", False),
        (2, "Friday 12 March", True),
        (3, "Tuesday 16 March", True),
        (5, "Tuesday 23 March", True),
        (6, "Thursday 25 March", True),
    ):
        base = f"https://mentoring.example.org/a/signed.link-{number}?answer="
        short = f"{day[:3]} {day.split(' ', 1)[1]}"
        expected |= {
            f"Approve {day if online else short}": f"{base}approve",
            f"Another day than {day}": f"{base}other",
            f"Skip {day}" if online else f"Skip this time: {day}": f"{base}skip",
        }
    assert page_of(message).links == expected
    assert re.findall(r"https://\S+", text_of(message))[:-1] == list(expected.values())


def test_of_several_days_the_proof_is_told_once_and_only_where_all_is_proved():
    unproved = (replace(SIX_DAYS[0], proved=False), *SIX_DAYS[1:])

    for said in (
        words_of(mail(proposing(*SIX_DAYS), PRIYA)),
        page_of(mail(proposing(*SIX_DAYS), PRIYA)).text,
    ):
        assert said.count("Proved: no plan needs fewer of your days in the office") == 1
        assert "proved:" not in said
    assert "roved" not in str(mail(proposing(*unproved), PRIYA))


def test_until_when_is_told_once_where_all_days_wait_as_long():
    message = mail(proposing(*SIX_DAYS), PRIYA)

    for said in (words_of(message), page_of(message).text):
        assert said.count("Until Tuesday 9 March, 17:00.") == 1
        assert said.lower().count("until tuesday") == 1


def test_until_when_is_told_of_each_day_where_they_differ():
    sooner = replace(SIX_DAYS[1], expires_at=PROPOSAL.expires_at - timedelta(days=1))
    message = mail(proposing(PROPOSAL, sooner), PRIYA)

    for said in (words_of(message), page_of(message).text):
        first, second = said.split("Friday 12 March: one online session, no trip")
        assert "ntil Tuesday 9 March, 17:00" in first
        assert "ntil Monday 8 March, 17:00" in second
        assert "Monday" not in first


def test_one_day_and_several_say_how_little_an_answer_binds():
    for letter in (proposing(PROPOSAL), proposing(*SIX_DAYS)):
        for said in (words_of(mail(letter, PRIYA)), page_of(mail(letter, PRIYA)).text):
            assert said.count("Skipping costs nothing.") == 1
            assert said.count("Nothing is decided until you say so there") == 1


def test_what_is_true_of_one_of_several_days_is_told_of_that_day():
    anyway = replace(days_later(PROPOSAL, 1), already_in=True)
    instead = replace(days_later(ONLINE, 2), refusal="A room is no longer free.")
    message = mail(proposing(PROPOSAL, anyway, instead), replace(PRIYA, timezone="America/New_York"))

    for said in (words_of(message), page_of(message).text):
        first, second, third = re.split("(?:Friday 12|Saturday 13) March: ", said)
        assert ["You are in that day anyway." in block for block in (first, second, third)] == [
            False,
            True,
            False,
        ]
        assert ["A room is no longer free." in block for block in (first, second, third)] == [
            False,
            False,
            True,
        ]
        assert all("All times are London time" in block for block in (first, second, third))


def test_a_mail_of_six_days_is_shown_whole():
    aims = {each.id: f"{each.id}: {'y' * 600}" for day in SIX_DAYS for each in day.sessions}
    long_links = tuple(ProposedDay(proposal, f"link-{'x' * 80}", aims) for proposal in SIX_DAYS)

    assert len(mail(ProposalLetter(long_links), PRIYA).as_bytes()) < 100_000  # Gmail cuts at 102 kB


# --- the other mails -----------------------------------------------------------------------------


def test_a_sign_in_mail_has_the_link_and_how_long_it_works():
    message = mail(SignInLetter("link-2", 30), BEN)

    assert message["Subject"] == "Your link to sign in to officeday"
    assert page_of(message).links["Sign in"] == "https://mentoring.example.org/a/signed.link-2"
    assert "https://mentoring.example.org/a/signed.link-2" in text_of(message)
    assert "works once, for 30 minutes" in words_of(message)


def test_a_refusal_says_why_and_that_nothing_happened():
    message = mail(*LETTERS["refusal"])

    assert message["Subject"] == "Thursday 11 March no longer fits"
    for said in (words_of(message), page_of(message).text):
        assert "One of the people who were to come can no longer make it." in said
        assert "Nothing was booked and nobody was invited." in said


def test_a_long_reason_is_told_in_full():
    reason = "one of the people who were to come can no longer make it; " * 5 + "a room is no longer free."
    message = mail(RefusalLetter(replace(PROPOSAL, refusal=reason)), PRIYA)

    assert reason in words_of(message)
    assert reason in page_of(message).text


@pytest.mark.parametrize(
    "letter, opening, method",
    [
        (InvitationLetter(LUNCH), "", "REQUEST"),
        (
            InvitationLetter(LUNCH, changed=True),
            "Changed: ",
            "REQUEST",
        ),
        (CancellationLetter(LUNCH), "Cancelled: ", "CANCEL"),
        (SeatLetter(LUNCH), "You have a seat: ", "REQUEST"),
    ],
)
def test_a_session_mail_carries_its_calendar_as_clients_expect(letter, opening, method):
    message = mail(letter, FARID)

    assert message["Subject"] == f"{opening}Lunch with Priya Rao, Thursday 11 March, 12:00"
    assert message.get_content_type() == "multipart/mixed"
    alternatives, attached = message.iter_parts()
    text, html, calendar = alternatives.iter_parts()
    assert [part.get_content_type() for part in (text, html, calendar)] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert calendar.get_param("method") == method  # RFC 6047 §2.4
    assert calendar.get_param("charset") == "utf-8"
    assert Calendar.from_ical(calendar.get_payload(decode=True))["METHOD"] == method
    assert attached.get_content_type() == "application/ics"
    assert attached.get_filename() == ("cancel.ics" if method == "CANCEL" else "invite.ics")
    assert attached.get_payload(decode=True) == calendar.get_payload(decode=True)


def test_who_gave_up_a_seat_is_not_told_that_the_session_is_off():
    own = mail(CancellationLetter(COWORKING, gave_up=True), BEN)

    assert "You gave up your seat, and that is fine" in words_of(own)
    assert "You gave up your seat" not in words_of(mail(CancellationLetter(COWORKING), BEN))


def test_a_seat_from_the_waitlist_is_in_the_calendar_as_accepted():
    assert b"PARTSTAT=ACCEPTED" in calendar_of(mail(SeatLetter(COWORKING), BEN))


def test_a_mail_says_the_year_where_it_is_another():
    later = replace(LUNCH, start=LUNCH.start + timedelta(days=364))

    assert (
        mail(InvitationLetter(later), FARID)["Subject"]
        == "Lunch with Priya Rao, Thursday 9 March 2028, 12:00"
    )


# --- every mail ----------------------------------------------------------------------------------

every_mail = pytest.mark.parametrize("letter, recipient", LETTERS.values(), ids=LETTERS)


def test_every_kind_of_letter_is_among_the_samples():
    assert {kind_of(letter) for letter, _ in LETTERS.values()} == set(KINDS)


@every_mail
def test_a_second_copy_is_byte_for_byte_the_same(letter, recipient):
    first, second = mail(letter, recipient), mail(letter, recipient)

    assert first.as_bytes() == second.as_bytes()
    assert first["Message-ID"] == MESSAGE_ID
    assert first["Date"].datetime == NOW


@every_mail
def test_a_payload_is_json_and_holds_no_signed_link(letter, recipient):
    written = json.dumps(payload_of(letter))

    assert "signed." not in written
    assert "https://" not in written
    assert type(letter) is KINDS[kind_of(letter)]


@every_mail
def test_a_mail_reads_the_same_after_its_way_through_bytes(letter, recipient):
    message = mail(letter, recipient)

    received = email.message_from_bytes(message.as_bytes(), policy=SMTP)

    assert text_of(received) == text_of(message)
    assert html_of(received) == html_of(message)
    assert received["Subject"] == message["Subject"]
    assert received["To"].addresses[0].addr_spec == recipient.email
    assert not [defect for part in received.walk() for defect in part.defects]


@every_mail
def test_plain_text_is_wrapped_and_has_no_stray_space(letter, recipient):
    lines = text_of(mail(letter, recipient)).split("\n")

    assert [line for line in lines if len(line) > 72 and " " in line.strip()] == []
    assert [line for line in lines if line != line.rstrip() and line != "-- "] == []
    assert "\n\n\n" not in "\n".join(lines)


@every_mail
def test_html_fetches_nothing_runs_nothing_and_names_its_language(letter, recipient):
    page = page_of(mail(letter, recipient))

    names = {tag for tag, _ in page.tags}
    assert not names & {"img", "script", "iframe", "object", "link", "form", "svg", "base", "video"}
    assert not [
        attributes for _, attributes in page.tags if {"src", "background", "srcset"} & set(attributes)
    ]
    assert "url(" not in html_of(mail(letter, recipient))
    assert ("html", {"lang": "en", "dir": "ltr"}) in page.tags
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in page.tags
    assert all(url.startswith("https://mentoring.example.org") for url in page.links.values())


@every_mail
def test_no_robot_answers_a_mail(letter, recipient):
    assert mail(letter, recipient)["Auto-Submitted"] == "auto-generated"


def test_who_meets_online_is_told_where_in_the_reminder() -> None:
    letter = ComingLetter((ComingSession(COFFEE, "https://meet.example.org/1", "/sessions"),))
    message = mail(letter, AISHA)

    assert "Join: https://meet.example.org/1" in text_of(message)
    assert page_of(message).links["Join online"] == "https://meet.example.org/1"


def test_the_reminder_of_sessions_says_when_where_who_and_how_to_say_no() -> None:
    message = mail(*LETTERS["coming, a senior's day"])

    assert message["Subject"] == "Thursday 11 March: two sessions"
    for said in (words_of(message), page_of(message).text):
        for fact in ("Group mentoring", "9:30–10:30", "Room 3, London", "Aisha, Ben and Chidi", "Say so"):
            assert fact in said
    assert "https://mentoring.example.org/days/7" in text_of(message)


def test_the_reminder_of_days_is_the_proposal_again_with_its_links() -> None:
    first, again = mail(*LETTERS["proposal"]), mail(*LETTERS["reminder"])

    assert again["Subject"] == f"Still open: {first['Subject']}"
    assert page_of(again).links == page_of(first).links
    assert "This is the only reminder; if no answer comes, that is fine too" in words_of(again)


def test_a_departure_is_told_in_one_mail_with_a_file_for_each_session_that_is_cancelled() -> None:
    message = mail(*LETTERS["departure, own"])
    files = [part for part in message.walk() if part.get_filename()]

    assert message["Subject"] == "You no longer take part in Data cohort"
    assert [part.get_filename() for part in files] == ["cancel-1.ics", "cancel-2.ics"]
    for part in files:
        calendar = Calendar.from_ical(part.get_payload(decode=True))
        assert calendar["METHOD"] == "CANCEL"


def test_who_loses_one_session_to_a_departure_has_it_taken_out_of_the_calendar() -> None:
    message = mail(*LETTERS["departure of somebody else"])

    assert message["Subject"] == "One session is cancelled"
    assert Calendar.from_ical(calendar_of(message))["METHOD"] == "CANCEL"
    for said in (words_of(message), page_of(message).text):
        assert "Something has changed in Data cohort. This is what changes for you" in said
        assert "without Ben" in said
        assert "without Lunch with Farid" in said


# --- hostile text --------------------------------------------------------------------------------


def hostile_days(text: str):
    day = hostile_proposal(text)
    return day, days_later(day, 1), replace(days_later(day, 2), office=None)


#: A goal or an objective with the words before it.
LONGEST_AIM = LONGEST_STATEMENT + 20


def hostile_letters(text: str):
    senior = replace(PRIYA, name=text)
    aim = text[:LONGEST_AIM]
    return [
        (proposing(*hostile_days(text)), senior),
        (RefusalLetter(hostile_proposal(text)), senior),
        (InvitationLetter(hostile_session(text)), replace(AISHA, name=text)),
        (CancellationLetter(hostile_session(text)), senior),
        (SeatLetter(hostile_session(text)), BEN),
        (SeatLetter(replace(hostile_session(text), id=text[:64]), Serves(aim, aim)), BEN),
        (proposing(*hostile_days(text), serves={text: aim, LUNCH.id: aim}), senior),
        (SignInLetter("link", 30), replace(BEN, name=text)),
        (EvaluationLetter((AskedSession(hostile_session(text), "link"),), NOW), senior),
    ]


STORABLE = {name: text for name, text in HOSTILE.items() if name != "surrogate"}  # no database takes those


@pytest.mark.parametrize("text", STORABLE.values(), ids=STORABLE)
def test_hostile_text_adds_no_header_recipient_or_markup(text):
    config = CONFIG.model_copy(update={"site": SiteConfig(name=text[:60], url=CONFIG.site.url)})
    for letter, recipient in hostile_letters(text):
        plain = mail(letter, recipient, CONFIG)
        message = mail(letter, recipient, config)

        received = email.message_from_bytes(message.as_bytes(), policy=SMTP)

        assert received.keys() == plain.keys()
        assert received["Bcc"] is None
        (to,) = received["To"].addresses
        assert to.addr_spec == recipient.email
        assert len(received["From"].addresses) == 1
        assert not [defect for part in received.walk() for defect in part.defects]
        assert len(message.as_bytes()) < 100_000
        page = page_of(received)
        assert not {"svg", "script"} & {tag for tag, _ in page.tags}
        assert not [url for url in page.links.values() if not url.startswith("https://")]


def test_markup_and_templates_in_a_name_are_shown_as_they_are():
    for text in (HOSTILE["markup"], "{{7*7}}"):
        message = mail(RefusalLetter(hostile_proposal(text)), PRIYA)

        assert text in page_of(message).text
        assert text in words_of(message)


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b\r\nBcc: c@d", "a@b, c@d", "<a@b>", "a b@c", "@", "a@", "\u2028@x", "bén@example.org"],
)
def test_an_address_that_is_none_is_a_permanent_failure(address):
    with pytest.raises(MailFailed, match="correct the roster") as failed:
        mail(SignInLetter("link", 30), replace(BEN, email=address))

    assert failed.value.retry is False


def test_no_mail_is_given_up_for_a_mistake_in_our_own_address():
    broken = CONFIG.model_copy(update={"mail": MailConfig(from_address="mentöring@example.org")})

    with pytest.raises(MailFailed, match="correct mail") as failed:
        mail(SignInLetter("link", 30), BEN, broken)

    assert failed.value.retry is True


# --- in a browser --------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 800])
def test_every_mail_fits_its_screen_and_can_be_tapped_and_read(browser, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme)
    page = context.new_page()
    samples = [*LETTERS.values(), *hostile_letters(HOSTILE["unbroken"])]
    for letter, recipient in samples:
        page.set_content(html_of(mail(letter, recipient)))

        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for button in page.locator("a.go, a.plain, a.quiet").all():
            assert button.bounding_box()["height"] >= 44
        assert page.evaluate(LEAST_CONTRAST) >= 4.5
    context.close()


@pytest.mark.browser
def test_a_phones_first_screen_has_the_first_office_day_and_its_answer(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_content(html_of(mail(proposing(*SIX_DAYS), PRIYA)))

    for seen in (page.get_by_text("four sessions, one trip").first, page.get_by_role("link").first):
        box = seen.bounding_box()
        assert box["y"] + box["height"] <= 664  # what mail programs leave of it
    assert page.get_by_role("link").first.inner_text() == "Approve Thu 11 March"
    context.close()


#: WCAG 2.2 contrast of the least readable text, against the nearest painted background.
LEAST_CONTRAST = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = numbers(colour).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let least = 21;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.offsetHeight) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    least = Math.min(least, (a + 0.05) / (b + 0.05));
  }
  return least;
}"""


def test_a_copy_for_an_assistant_says_whose_days_these_are() -> None:
    message = mail(*LETTERS["proposal, to an assistant"])

    assert message["Subject"] == "For Priya Rao: Thursday 11 March: four sessions, one trip"
    for words in (text_of(message), html_of(message)):
        assert "because you assist Priya Rao" in " ".join(words.split())
        assert "because you mentor" not in words
