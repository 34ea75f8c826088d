"""Who is told what about a dispatch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils.translation import override

from campaigns.models import Dispatch, MailStatus, Notice, NoticeKind, NoticeLevel
from campaigns.services.sending import dispatching, moves
from campaigns.services.showing import notices
from campaigns.states import Reason
from console.models import Membership, User, Workspace

MakeDispatch = Callable[..., Dispatch]


def told(kind: str = "") -> list[str]:
    found = Notice.objects.filter(kind=kind) if kind else Notice.objects.all()
    return sorted(notice.user.email for notice in found)


@pytest.mark.parametrize(
    ("status", "action", "kind"),
    [("preparing", "begin", "start"), ("sending", "finish", "end"), ("sending", "hold", "hold")],
)
def test_start_end_and_hold_are_told(
    owner: User, make_dispatch: MakeDispatch, now: datetime, status: str, action: str, kind: str
) -> None:
    dispatch = make_dispatch([("queued", "", 2)], status=status)
    moves.move_dispatch(dispatch, action, None, now)
    assert list(Notice.objects.values_list("kind", "user", "at")) == [(kind, owner.pk, now)]


def test_a_move_that_is_refused_tells_nobody(owner: User, make_dispatch: MakeDispatch, now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 2)], status="finished")
    assert not moves.hold(dispatch, Reason.AUTH, now)
    assert told() == []


def test_a_notice_goes_with_its_move_when_the_move_is_undone(
    owner: User, make_dispatch: MakeDispatch, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    dispatch = make_dispatch([("queued", "", 2)], status="sending")
    monkeypatch.setattr(notices, "tell", broken)
    with pytest.raises(RuntimeError):
        moves.hold(dispatch, Reason.AUTH, now)
    dispatch.refresh_from_db()
    assert dispatch.status == "sending"


def test_owners_and_managers_hear_of_every_campaign(
    person: Callable[..., User], make_dispatch: MakeDispatch, now: datetime
) -> None:
    for role in ("owner", "manager", "sender", "editor", "analyst"):
        person(role)
    moves.hold(make_dispatch([("queued", "", 1)], status="sending"), Reason.AUTH, now)
    assert told() == ["manager@example.test", "owner@example.test"]


def test_who_scheduled_it_hears_of_it_whatever_the_role(
    person: Callable[..., User], make_dispatch: MakeDispatch, now: datetime
) -> None:
    sender = person("sender")
    moves.hold(make_dispatch([("queued", "", 1)], status="sending", created_by=sender), Reason.AUTH, now)
    assert told() == ["sender@example.test"]


def test_who_left_the_workspace_hears_nothing(
    person: Callable[..., User], make_dispatch: MakeDispatch, now: datetime
) -> None:
    gone, away = person("owner"), person("manager")
    dispatch = make_dispatch([("queued", "", 1)], status="sending", created_by=gone)
    Membership.objects.filter(user=gone).delete()
    User.objects.filter(pk=away.pk).update(is_active=False)
    moves.hold(dispatch, Reason.AUTH, now)
    assert told() == []


def test_another_workspace_hears_nothing(
    person: Callable[..., User], other_workspace: Workspace, make_dispatch: MakeDispatch, now: datetime
) -> None:
    person("owner", other_workspace)
    moves.hold(make_dispatch([("queued", "", 1)], status="sending"), Reason.AUTH, now)
    assert told() == []


def test_who_stopped_it_is_not_told_what_they_did(
    owner: User, person: Callable[..., User], make_dispatch: MakeDispatch, now: datetime
) -> None:
    person("manager")
    dispatching.stop(make_dispatch([("queued", "", 1)], status="sending"), owner, now)
    assert told("end") == ["manager@example.test"]


def test_a_test_send_tells_nobody(owner: User, make_dispatch: MakeDispatch, now: datetime) -> None:
    moves.hold(make_dispatch([("queued", "", 1)], status="sending", kind="test"), Reason.AUTH, now)
    assert told() == []


@pytest.mark.parametrize(("action", "mail"), [("begin", "none"), ("finish", "none"), ("hold", "waiting")])
def test_only_what_calls_a_person_goes_out_by_email_at_first(
    owner: User, make_dispatch: MakeDispatch, now: datetime, action: str, mail: str
) -> None:
    dispatch = make_dispatch([("queued", "", 1)], status="preparing" if action == "begin" else "sending")
    moves.move_dispatch(dispatch, action, None, now)
    assert Notice.objects.get().mail == mail


@pytest.mark.parametrize(
    ("level", "mails"), [("off", []), ("console", [MailStatus.NONE]), ("email", [MailStatus.WAITING])]
)
def test_a_member_chooses_how_to_hear_of_it(
    owner: User, make_dispatch: MakeDispatch, now: datetime, level: str, mails: list[str]
) -> None:
    notices.choose(Membership.objects.get(user=owner), {NoticeKind.START: level})
    moves.begin(make_dispatch([("queued", "", 1)], status="preparing"), now)
    assert list(Notice.objects.values_list("mail", flat=True)) == mails


def test_a_choice_can_be_changed(owner: User) -> None:
    member = Membership.objects.get(user=owner)
    for level in (NoticeLevel.OFF, NoticeLevel.EMAIL):
        notices.choose(member, {NoticeKind.END: level})
    assert notices.choices_of(owner)[0][1][NoticeKind.END] == "email"


def test_a_second_hold_is_told_again(owner: User, make_dispatch: MakeDispatch, now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 1)], status="sending")
    moves.hold(dispatch, Reason.AUTH, now)
    dispatch.refresh_from_db()
    dispatching.resume(dispatch, owner, now + timedelta(minutes=1))
    moves.hold(dispatch, Reason.AUTH, now + timedelta(minutes=2))
    assert Notice.objects.filter(kind="hold").count() == 2


def test_the_same_thing_is_told_once(owner: User, make_dispatch: MakeDispatch, now: datetime) -> None:
    dispatch = make_dispatch([("queued", "", 1)])
    notices.tell(dispatch, NoticeKind.HOLD, now)
    notices.tell(dispatch, NoticeKind.HOLD, now)
    assert Notice.objects.count() == 1


def test_the_end_says_what_became_of_it(owner: User, make_dispatch: MakeDispatch, now: datetime) -> None:
    dispatch = make_dispatch([("delivered", "", 3), ("failed", "rejected", 2), ("unknown", "no_answer", 1)])
    moves.move_dispatch(dispatch, "finish", None, now)
    sentence = "6 messages were handed over. 2 failed so far. 1 is to be verified."
    assert notices.text(Notice.objects.get()) == sentence


def test_a_notice_speaks_the_language_of_whoever_reads_it(
    owner: User, make_dispatch: MakeDispatch, now: datetime
) -> None:
    moves.hold(make_dispatch([("queued", "", 1)], status="sending"), Reason.NO_CREDIT, now)
    notice = Notice.objects.get()
    with override("es"):
        assert notices.title(notice) == "«Aviso» se ha puesto en pausa por sí sola"
        assert "saldo" in notices.text(notice)


def test_old_notices_are_thrown_away(owner: User, make_dispatch: MakeDispatch, now: datetime) -> None:
    moves.begin(make_dispatch([("queued", "", 1)], status="preparing"), now)
    notices.forget(now + timedelta(days=89), 90)
    assert Notice.objects.count() == 1
    notices.forget(now + timedelta(days=91), 90)
    assert Notice.objects.count() == 0


def test_telling_takes_the_same_queries_for_few_and_many(
    person: Callable[..., User],
    make_dispatch: MakeDispatch,
    now: datetime,
    django_assert_num_queries: Callable[..., object],
) -> None:
    dispatch = make_dispatch([("queued", "", 1)])
    for n in (1, 20):
        for place in range(n):
            person("manager", email=f"m{n}-{place}@example.test")
        with django_assert_num_queries(3):  # type: ignore[attr-defined]
            notices.tell(dispatch, NoticeKind.HOLD, now + timedelta(seconds=n))
