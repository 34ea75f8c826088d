"""Broker and database: stopped, emptied, restarted, refusing, full."""

from __future__ import annotations

import random
import signal
import time

from django.conf import settings
from django.db import connection

from tests.faults import servers
from tests.faults.case import SERVERS, case
from tests.faults.cases.workers import SINGLE
from tests.faults.scene import REFUSES_DOUBLES, Scene, prepare
from tests.faults.stage import Stage


@case("The broker is stopped for five seconds", engines=SERVERS, quick=True)
def broker_stopped(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = _under_way(stage)
    assert stage.broker is not None
    stage.broker.restart(away=5)
    scene.until_over()
    return [scene]


@case("The broker is killed and comes back empty", engines=SERVERS)
def broker_killed(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = _under_way(stage)
    assert stage.broker is not None
    stage.broker.restart(signal.SIGKILL)
    scene.until_over()
    return [scene]


@case("The broker is emptied again and again", engines=SERVERS, quick=True)
def broker_emptied(stage: Stage, chance: random.Random) -> list[Scene]:
    scene = _under_way(stage)
    for _ in range(20):
        servers.empty(settings.BROKER_URL)
        time.sleep(chance.uniform(0.05, 0.3))  # the moments are the case, not a wait
    scene.until_over()
    return [scene]


@case("The database restarts in the middle of a dispatch", engines=SERVERS, quick=True)
def database_restarted(stage: Stage, chance: random.Random) -> list[Scene]:
    return _database(stage, signal.SIGINT, 0.0)


@case("The database refuses everybody for six seconds", engines=SERVERS)
def database_refuses(stage: Stage, chance: random.Random) -> list[Scene]:
    return _database(stage, signal.SIGINT, 6.0)


@case("The database is killed and recovers", engines=SERVERS)
def database_killed(stage: Stage, chance: random.Random) -> list[Scene]:
    return _database(stage, signal.SIGKILL, 1.0)


@case("The database locks everybody out for six seconds", engines=("sqlite",), quick=True)
def database_locked(stage: Stage, chance: random.Random) -> list[Scene]:
    """What a restart is to a server, a long write of somebody else is to a file."""
    scenes = [_under_way(stage)]
    with connection.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        time.sleep(6)
        cursor.execute("ROLLBACK")
    scenes[0].until_over()
    return scenes


@case("The database's disk is full for four seconds", quick=True)
def disk_full(stage: Stage, chance: random.Random) -> list[Scene]:
    scenes = [
        prepare(stage, people=600, speed=100, options=SINGLE, receipts=True),
        prepare(stage, REFUSES_DOUBLES, people=600, speed=60),
    ]
    for scene in scenes:
        scene.schedule()
    scenes[0].until_sent(60)
    stage.fill_disk()
    time.sleep(4)
    stage.free_disk()
    stage.start_all()
    for scene in scenes:
        scene.until_over()
    return scenes


def _under_way(stage: Stage) -> Scene:
    scene = prepare(stage, people=500, speed=80, options=SINGLE, receipts=True)
    scene.schedule()
    scene.until_sent(40)
    return scene


def _database(stage: Stage, number: signal.Signals, away: float) -> list[Scene]:
    scene = _under_way(stage)
    assert stage.database is not None
    stage.database.restart(number, away)
    connection.close()
    scene.until_over()
    return [scene]
