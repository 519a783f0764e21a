"""
The peers, set up as well as we know how. Apart from the measures, since the ``eventsourcing`` package stores the
module of an event.
"""

import random
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from pymerkle import SqliteTree  # type: ignore[import-untyped] # it ships no types

__all__ = ["Account", "SqliteTree", "application", "planted"]


class Account(Aggregate):
    """An account by event sourcing: what was deposited. It decides nothing."""

    class Opened(Aggregate.Created):
        """It began with *outcome*."""

        outcome: dict[str, Any]

    class Deposited(Aggregate.Event):
        """Another outcome."""

        outcome: dict[str, Any]

        def apply(self, aggregate: Any) -> None:
            """Fold it in."""
            aggregate.outcomes.append(self.outcome)

    def __init__(self, outcome: dict[str, Any]) -> None:
        self.outcomes = [outcome]

    def deposit(self, outcome: dict[str, Any]) -> None:
        """Take another outcome."""
        self.trigger_event(self.Deposited, outcome=outcome)


def application(path: Path) -> Any:
    """Return the peer's application on SQLite (it sets WAL; synchronous is FULL as compiled), with snapshots."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(path),
            "IS_SNAPSHOTTING_ENABLED": "y",
        }
    )


def planted(path: Path, size: int) -> None:
    """Make a tree of *size* leaves; the entries are small, it proves from hashes."""
    path.mkdir(parents=True)
    with SqliteTree(str(path / "tree.db")) as tree:
        tree.append_entries(random.randbytes(32) for _ in range(size))
