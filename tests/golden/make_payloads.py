"""
Write ``payloads.jsonl`` beside this file: the canonical bytes of every golden payload, one to a line.

    PYTHONPATH=. .venv/bin/python tests/golden/make_payloads.py

A line that was ever in a ledger never changes: the script only adds lines for payloads that are new at the end of
``golden_events.py``. Where an event's shape changes, its version goes up, the old line stays, and an upcast reads it.
"""

import sys
from pathlib import Path

from golden_events import GOLDEN

from creditbank.codec.payload import encode

PATH = Path(__file__).with_name("payloads.jsonl")


def main() -> int:
    """Add what is missing; refuse when a line that is there is no longer what is written."""
    held = PATH.read_bytes().splitlines() if PATH.exists() else []
    made = [encode(payload) for payload in GOLDEN]
    if made[: len(held)] != held:
        print("the shape of a recorded payload has changed: give it a new version and an upcast", file=sys.stderr)
        return 1
    PATH.write_bytes(b"".join(line + b"\n" for line in made))
    print(f"{len(made)} payloads, {len(made) - len(held)} new")
    return 0


if __name__ == "__main__":
    sys.exit(main())
