"""Worlds on both stores, and rivals that write in the middle of somebody else's request."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from creditbank.bank import Bank
from creditbank.testing.world import World


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Return a founded world on each kind of store; SQLite's mark lies outside its folder."""
    if request.param == "memory":
        found = World.founded()
    else:
        found = World.founded(f"sqlite:///{tmp_path / 'city'}", mark=tmp_path / "mark")
    yield found
    found.bank.close()


@pytest.fixture
def interleave(monkeypatch: pytest.MonkeyPatch) -> Callable[[Bank, Callable[[], object]], list[object]]:
    """Return ``interleave(bank, rival)``: *rival* runs once, between the bank's next decision and its append."""

    def arm(bank: Bank, rival: Callable[[], object]) -> list[object]:
        append, done = bank.store.append, []

        def racing(batch: Any) -> Any:
            if not done:
                done.append(None)  # the rival appends, too
                done[0] = rival()
            return append(batch)

        monkeypatch.setattr(bank.store, "append", racing)
        return done

    return arm
