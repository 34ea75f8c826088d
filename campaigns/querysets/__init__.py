"""Every SQL of the ledger, set-based and equal on both engines; nothing else writes ledger rows.

`audience` who gets it · `claims` a lane takes batches · `outcomes` what became of them · `tallies` the counters.
All functions run in the caller's transaction.
"""
