"""The events of a dispatch, and the time it stood still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from campaigns.models import Dispatch
from campaigns.services.showing import timeline
from console.models import User
from console.services import audit


def note(dispatch: Dispatch, action: str, at: datetime, actor: User | None = None, **detail: object) -> None:
    audit.record(action, workspace=dispatch.workspace, actor=actor, target=dispatch, now=at, **detail)


def test_time_between_pause_and_resume_is_idle(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch()
    note(dispatch, "dispatch.pause", now - timedelta(minutes=9))
    note(dispatch, "dispatch.resume", now - timedelta(minutes=6))
    note(dispatch, "dispatch.hold", now - timedelta(minutes=2), reason="auth")
    assert timeline.idle(timeline.events(dispatch), now) == timedelta(minutes=5)


def test_a_hold_that_a_person_turns_into_a_pause_counts_once(
    make_dispatch: Callable[..., Dispatch], now: datetime
) -> None:
    dispatch = make_dispatch()
    note(dispatch, "dispatch.hold", now - timedelta(minutes=9), reason="auth")
    note(dispatch, "dispatch.pause", now - timedelta(minutes=6))
    note(dispatch, "dispatch.resume", now - timedelta(minutes=4))
    assert timeline.idle(timeline.events(dispatch), now) == timedelta(minutes=5)


def test_a_pause_says_how_many_and_who(make_dispatch: Callable[..., Dispatch], owner: User, now: datetime) -> None:
    dispatch = make_dispatch()
    note(dispatch, "dispatch.pause", now, owner, handed_over=20450, will_not_go=9698)
    entry = timeline.entries(timeline.events(dispatch))[0]
    assert (entry.title, entry.text) == ("Paused", "20,450 handed over, 9,698 will not go. By Ane Owner.")


def test_a_hold_says_why_and_what_to_do(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch()
    note(dispatch, "dispatch.hold", now, reason="no_credit")
    assert "Top up" in timeline.entries(timeline.events(dispatch))[0].text


def test_newest_first_and_only_of_this_dispatch(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch, other = make_dispatch(), make_dispatch(name="Otro")
    note(dispatch, "dispatch.begin", now - timedelta(minutes=1))
    note(other, "dispatch.stop", now)
    note(dispatch, "dispatch.finish", now)
    assert [entry.title for entry in timeline.entries(timeline.events(dispatch))] == ["Finished", "Sending began"]


def test_an_action_nobody_named_is_shown_as_it_is(make_dispatch: Callable[..., Dispatch], now: datetime) -> None:
    dispatch = make_dispatch()
    note(dispatch, "dispatch.teleport", now)
    assert timeline.entries(timeline.events(dispatch))[0].title == "dispatch.teleport"


def test_a_decision_about_people_stands_in_the_timeline(
    make_dispatch: Callable[..., Dispatch], owner: User, now: datetime
) -> None:
    dispatch = make_dispatch()
    note(dispatch, "recipient.mark_sent", now, owner, people=28)
    entry = timeline.entries(timeline.events(dispatch))[0]
    assert (entry.title, entry.text) == ("Marked as sent", "28 people. By Ane Owner.")
