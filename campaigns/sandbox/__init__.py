"""The vendors' APIs as one local HTTP server: `python -m campaigns.sandbox --port 8800`.

It plays the providers for the demo, the tests and the benches, and its log of accepted messages is what the
ledger is compared with. So it shares no code with the console: only the standard library, aiohttp and orjson.
"""
