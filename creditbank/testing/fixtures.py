"""
Pytest fixtures; import those you want into a ``conftest.py``::

    from creditbank.testing.fixtures import town, world  # noqa: F401

No plugin is installed: pytest runs of those who only have creditbank among their packages load nothing of it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from creditbank.bank import connect
from creditbank.testing.town import Town, small_town
from creditbank.testing.world import World

__all__ = ["sqlite_town", "town", "world"]


@pytest.fixture
def town() -> Iterator[Town]:
    """A small town's bank in memory: a college, an assessor, the X certificate book, one learner."""
    found = small_town()
    yield found
    found.bank.close()


@pytest.fixture
def sqlite_town(tmp_path: Path) -> Iterator[Town]:
    """The same town in a folder of the test's own; what happens when it is opened again can be tried."""
    # The high-water mark goes there too: a test leaves nothing in the home folder.
    mark = tmp_path / "mark"
    found = small_town(lambda signers: connect(f"sqlite:///{tmp_path / 'town'}", signers=signers, mark=mark))
    yield found
    found.bank.close()


@pytest.fixture
def world() -> Iterator[World]:
    """A larger bank in memory, with six institutions, two books and a clock that only the test turns."""
    found = World.founded()
    yield found
    found.bank.close()
