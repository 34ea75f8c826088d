"""`python -m campaigns.sandbox`: serve the vendors' APIs until stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from campaigns.sandbox.server import serve
from campaigns.sandbox.settings import ServerSettings


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description="Plays the messaging providers on a local port.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8800, help="0 chooses a free one; the first line printed tells")
    parser.add_argument("--log", type=Path, metavar="FILE.jsonl", help="append every accepted message to this file")
    parser.add_argument("--speed", type=float, default=1.0, help="virtual seconds per real second, 0 stands still")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="real time that every answer takes")
    parser.add_argument(
        "--config", type=Path, metavar="FILE.json", help="settings as the control interface takes them, if it is there"
    )
    options = parser.parse_args()
    settings = ServerSettings(speed=options.speed, latency_ms=options.latency_ms)
    try:
        config = json.loads(options.config.read_text()) if options.config and options.config.is_file() else None
        asyncio.run(serve(options.host, options.port, settings, options.log, config))
    except (OSError, ValueError) as error:  # a port that is taken, a log that cannot be written
        parser.exit(1, f"The sandbox cannot start: {error}\n")


if __name__ == "__main__":
    main()
