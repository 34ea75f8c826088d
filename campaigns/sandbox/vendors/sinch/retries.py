"""When a push that failed is tried again: after 5, 30 and 120 seconds, then never."""

RETRY_SECONDS = (5.0, 30.0, 120.0)


def retry_delay(retry: int) -> float | None:
    """Seconds before the n-th retry (n from 1), None after the last."""
    return RETRY_SECONDS[retry - 1] if retry <= len(RETRY_SECONDS) else None
