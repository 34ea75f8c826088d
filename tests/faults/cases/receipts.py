"""Receipts: doubled, reordered, early, for unknown ids, ten thousand at once."""

from __future__ import annotations

import json
import random
import urllib.error
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from campaigns.models import Recipient
from campaigns.services.sending.flights import reference_of
from tests.faults.case import case
from tests.faults.scene import Scene, prepare
from tests.faults.stage import Stage

MANY = 10_000
AT_ONCE = 8
Post = tuple[str, bytes]  # kind of callback, body


def posts_of(scene: Scene, row: Recipient, *, delivered: bool) -> list[Post]:
    """What the vendor calls back about one row: handed to the carrier, then delivered or not."""
    sent = {
        "id": row.provider_message_id or f"m-{row.pk}",
        "correlationId": reference_of(scene.dispatch.key, row.pk, row.attempt),
        "destination": row.address.lstrip("+"),
        "sentStatusCode": 2,
        "sentStatus": "SENT_SUCCESS",
        "sentAt": 1773147605000,
    }
    code, name = (4, "DELIVERED_SUCCESS") if delivered else (104, "NOT_DELIVERED")
    end = {**sent, "deliveredStatusCode": code, "deliveredStatus": name, "deliveredAt": 1773147641000}
    return [("status", json.dumps(sent).encode()), ("delivery", json.dumps(end).encode())]


def post_all(stage: Stage, scene: Scene, posts: Iterable[Post]) -> None:
    """Several at a time; a vendor that gets no 200 calls again."""

    def post(one: Post) -> None:
        kind, body = one
        url = f"{stage.url}/hooks/{scene.account.callback_token}/{kind}/"
        for _ in range(5):
            try:
                request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
                urllib.request.urlopen(request, timeout=30).close()
                return
            except (OSError, urllib.error.HTTPError):
                continue
        raise AssertionError("a callback was refused five times")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(post, posts))


def _expect(scene: Scene, delivered: set[int]) -> None:
    """Exactly these are delivered and the others are not, whatever came twice or too soon."""
    found = Recipient.objects.filter(dispatch=scene.dispatch)
    assert set(found.filter(status="delivered").values_list("pk", flat=True)) == delivered
    assert found.exclude(status="delivered").exclude(status="undelivered").count() == 0, scene.statuses()


def _accepted(stage: Stage, people: int) -> tuple[Scene, list[Recipient]]:
    """Everybody's message is with the provider, and the harness itself calls back."""
    scene = prepare(stage, people=people)
    scene.schedule()
    scene.until_over()
    scene.receipts = True
    return scene, list(Recipient.objects.filter(dispatch=scene.dispatch).order_by("pk"))


@case("Octopush tells of every message whom it reached and whom it did not")
def of_a_bulk_vendor(stage: Stage, chance: random.Random) -> list[Scene]:
    """By number and request only: this vendor knows none of our references."""
    scene = prepare(stage, "octopush", people=300, receipts=True)
    scene.schedule()
    scene.until_over()
    assert scene.statuses() == {"delivered": 270, "undelivered": 30}
    return [scene]


@case("Every receipt comes twice and in any order", quick=True)
def shuffled(stage: Stage, chance: random.Random) -> list[Scene]:
    scene, rows = _accepted(stage, 300)
    delivered = {row.pk for row in rows if not scene.is_undeliverable(row.address)}
    posts = [post for row in rows for post in posts_of(scene, row, delivered=row.pk in delivered)]
    # The second time with another space: the same words, and not the same bytes.
    posts += [(kind, body + b" ") for kind, body in posts]
    chance.shuffle(posts)
    post_all(stage, scene, posts)
    scene.until_over()
    _expect(scene, delivered)
    return [scene]


@case("Receipts come before the answer to the request that they are about", quick=True)
def early(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = prepare(stage, people=200, receipts=True)
    stage.sandbox.configure(sinch={"callback_delay_s": 0.0, "dlr_delay_s": 0.0})
    scene.arm("slow_drip", times=2, seconds=1.5)
    scene.schedule()
    scene.until_over()
    assert scene.statuses() == {"delivered": 180, "undelivered": 20}
    return [scene]


@case("Receipts for ids that nobody knows change nothing", quick=True)
def unknown_ids(stage: Stage, chance: random.Random) -> list[Scene]:
    scene, rows = _accepted(stage, 50)
    before = scene.statuses()
    foreign = [
        json.dumps({"id": f"x{n}", "correlationId": reference, "sentStatusCode": 2 }).encode()
        for n, reference in enumerate(
            [
                "", "nonsense", "c-r-a", f"c{scene.dispatch.key}-r{2**63}-a1", f"c{scene.dispatch.key}-r999999999-a1",
                f"cffffffffffff-r{rows[0].pk}-a1", f"c{scene.dispatch.key}-r{rows[0].pk}-a7",
            ]
        )
    ]  # fmt: skip
    post_all(stage, scene, [("status", body) for body in foreign])
    post_all(stage, scene, [("status", b"{"), ("delivery", b""), ("status", b"[]"), ("status", b"\x00\xff")])
    scene.until(lambda: scene.parked() >= 4, "callbacks that wait for what they are about")
    assert scene.statuses() == before
    return [scene]


@case("Ten thousand receipts come at once")
def many(stage: Stage, chance: random.Random) -> list[Scene]:
    scene, rows = _accepted(stage, MANY // 2)
    delivered = {row.pk for row in rows if not scene.is_undeliverable(row.address)}
    posts = [post for row in rows for post in posts_of(scene, row, delivered=row.pk in delivered)]
    chance.shuffle(posts)
    post_all(stage, scene, posts)
    scene.until_over()
    _expect(scene, delivered)
    return [scene]
