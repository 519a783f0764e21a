"""An older copy of the ledger is put back: noticed on opening, by the mark outside the folder, and nothing more is written."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from creditbank.bank.mark import Mark, MarkFile, default_mark
from creditbank.domain.decide.account import deposit
from creditbank.errors import MalformedError, RollbackError
from creditbank.testing.world import ASSESSOR, World
from creditbank.verify import check_receipt

_COPY = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as old, sqlite3.connect(sys.argv[2]) as new:
    old.backup(new)
"""


def _open(tmp_path: Path) -> World:
    return World.empty(f"sqlite:///{tmp_path / 'city'}", mark=tmp_path / "mark")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.founded(f"sqlite:///{tmp_path / 'city'}", mark=tmp_path / "mark")


def _copy(tmp_path: Path) -> Path:
    """Copy the ledger in a process of its own: opening it here by name would drop SQLite's locks."""
    copy = tmp_path / "older.db"
    subprocess.run([sys.executable, "-c", _COPY, str(tmp_path / "city" / "ledger.db"), str(copy)], check=True)
    return copy


def _put_back(tmp_path: Path, copy: Path) -> None:
    for suffix in ("-wal", "-shm"):
        (tmp_path / "city" / f"ledger.db{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, tmp_path / "city" / "ledger.db")


def test_an_older_copy_is_noticed_and_only_read(world: World, tmp_path: Path) -> None:
    account = world.learner(1)
    world.bank.checkpoint()
    copy = _copy(tmp_path)
    world.deposit(account, world.certificate())
    world.bank.checkpoint()
    world.bank.close()
    _put_back(tmp_path, copy)
    old = _open(tmp_path)
    size = old.bank.store.size()
    certificate = old.certificate()
    for write in (
        lambda: old.deposit(account, certificate),
        lambda: old.open(2),
        lambda: old.bank.record_all(ASSESSOR, {}),
        lambda: old.bank.prepare(old.request(ASSESSOR), deposit, account, certificate),
    ):
        with pytest.raises(RollbackError, match=r"it has \d+ entries, and \d+ were published from here"):
            write()
    assert old.bank.known().account(account).outcomes == {}
    assert old.bank.store.size() == size
    assert check_receipt(str(old.bank.receipt(0)), old.bank.verifier_key)
    old.bank.close()


def test_a_copy_with_another_history_is_noticed(world: World, tmp_path: Path) -> None:
    account = world.learner(1)
    copy = _copy(tmp_path)
    world.deposit(account, world.certificate())
    world.bank.checkpoint()
    world.bank.close()
    _put_back(tmp_path, copy)
    (tmp_path / "mark").rename(tmp_path / "hidden")
    other = _open(tmp_path)
    other.deposit(account, other.certificate(credits="9"))
    other.bank.close()
    (tmp_path / "hidden").rename(tmp_path / "mark")
    forked = _open(tmp_path)
    with pytest.raises(RollbackError, match="not those that were published"):
        forked.open(2)
    forked.bank.close()


def test_what_was_never_published_may_be_lost_unnoticed(world: World, tmp_path: Path) -> None:
    """The threat model says so: before a checkpoint, durable is the operator's word."""
    world.bank.checkpoint()
    copy = _copy(tmp_path)
    world.learner(1)
    world.bank.close()
    _put_back(tmp_path, copy)
    again = _open(tmp_path)
    assert again.open(1)
    assert again.bank.verify().ok
    again.bank.close()


def test_the_mark_is_written_before_the_signature_leaves(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.bank.store, "publish", never)
    with pytest.raises(KeyboardInterrupt):
        world.bank.checkpoint()
    mark = MarkFile(tmp_path / "mark").read()
    assert mark is not None
    assert mark.size == world.bank.store.size()
    assert world.bank.store.published() is None
    monkeypatch.undo()
    world.bank.close()
    again = _open(tmp_path)
    again.learner(1)
    assert again.bank.verify().ok
    again.bank.close()


def test_a_mark_never_goes_down_and_is_read_only_as_written(tmp_path: Path) -> None:
    file = MarkFile(tmp_path / "deep" / "mark")
    assert file.read() is None
    file.raise_to(Mark(5, "a" * 64))
    for lower in (Mark(4, "b" * 64), Mark(5, "c" * 64)):
        file.raise_to(lower)
        assert file.read() == Mark(5, "a" * 64)
    file.raise_to(Mark(6, "d" * 64))
    assert file.read() == Mark(6, "d" * 64)
    good = file.path.read_text()
    for bad in ("", good[:-1], good + "\n", "0" + good, good.upper(), "-1 " + "a" * 64 + "\n"):
        file.path.write_text(bad)
        with pytest.raises(MalformedError, match="high-water mark"):
            file.read()


def test_the_mark_lies_outside_the_banks_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    world = World.founded(f"sqlite:///{tmp_path / 'city'}")
    world.bank.checkpoint()
    world.bank.close()
    path = default_mark("creditbank.example.org/world")
    assert path == tmp_path / "state" / "creditbank" / "creditbank.example.org_world"
    assert path.exists()
