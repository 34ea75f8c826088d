"""What becomes of what left: callbacks, receipts, replies, look-ups, decisions."""
