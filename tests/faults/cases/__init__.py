"""Every case; importing this package registers them in the order of the table below.

What must be survived, and the case that proves it. Where no engine is named, a case is played on both; "servers" are
PostgreSQL and Redis, which can be stopped, and "file" is SQLite, where workers carry beat and broker in themselves.

| Promise | Module: case | Engines |
|---|---|---|
| SIGKILL before the intent commit | workers: killed "before the intent is …", "after the claim is …" | |
| … after it | workers: killed "after the intent is committed" | |
| … during the request | workers: "Both workers are killed during a request" | |
| … after the answer | workers: killed "after the answer, before anything is written" | |
| … before the outcome commit | workers: killed "in the transaction of the outcome, before its commit" | |
| … anywhere else | workers: in prepare, sweep, look-up, receipts; "ten times at random moments" | |
| … while a batch is taken ahead | ahead: "Without a limit …": killed at each step and at random | |
| SIGTERM | workers: "asked to end by SIGTERM and leaves nothing unknown"; ahead: the same | |
| beat killed | processes: "Beat is killed and comes back" | servers |
| | processes: "The worker that holds beat is killed" | file |
| beat doubled | processes: "Three beats run at once"; on a file every worker has one, so in every case | servers |
| web killed | processes: "The web process is killed while receipts come in" | |
| broker stopped | stores: "stopped for five seconds" | servers |
| broker emptied | stores: "emptied again and again" | servers |
| broker restarted | stores: "killed and comes back empty"; on a file the broker dies with each worker | servers |
| database restarted | stores: "restarts in the middle", "killed and recovers" | servers |
| database briefly refusing | stores: "refuses everybody for six seconds" | servers |
| | stores: "locks everybody out for six seconds" | file |
| disk full on the database | stores: "disk is full for four seconds" | |
| clock stepped by an hour | clocks: ahead, back, a late start | |
| two ticks at once | processes: "Twenty ticks start the same campaign at once" | |
| pause, resume, stop raced by 50 calls | people: "Fifty people …", twice; ahead: the same | |
| opt-out while queued | people: "A third opts out while they are queued" | |
| connection refused | providers: "… refuses connections", five vendors; guards: with the guards on | |
| hang before | providers: "hangs before it takes a request", five vendors | |
| accept, then hang | providers: "takes a request and hangs", five vendors | |
| accept, then drop | providers: "takes a request and drops the connection", five vendors | |
| 429 with and without Retry-After | providers: "answers 429 …", twice, five vendors | |
| 500 | providers: "answers 500", "takes a request and answers 500", five vendors | |
| 502 in mid-body | providers: "answers 502 and breaks off …", "takes a request and a proxy breaks off …" [1] | |
| broken and truncated JSON | providers: "answers broken JSON", "answers truncated JSON", five vendors | |
| slow drip | providers: "answers drop by drop …", in time and too long, five vendors | |
| wrong number of results | providers: "leaves one message out of its answer", five vendors | |
| a ten-minute outage | providers: "The provider is away for ten minutes", at a fiftieth of the time | |
| receipts doubled, reordered | receipts: "Every receipt comes twice and in any order" | |
| receipts early | receipts: "before the answer to the request that they are about" | |
| receipts for unknown ids | receipts: "for ids that nobody knows change nothing" | |
| 10,000 receipts at once | receipts: "Ten thousand receipts come at once" | |

[1] Two vendors' contracts vouch that a 502 was not taken, so from them nobody takes a request and says so.

Lost, doubled, text, address and status are compared message by message after every case (`tests.faults.verdict`). One
person in ten is somebody whom the provider does not reach, so "delivered" and "undelivered" differ between rows; where
the provider calls back, every row must have its last word before the comparison.
"""

from tests.faults.cases import workers, processes, stores, clocks, people, providers, guards, receipts, ahead  # isort: skip

__all__ = ["ahead", "clocks", "guards", "people", "processes", "providers", "receipts", "stores", "workers"]
