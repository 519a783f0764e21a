"""A founded world and its first learner: most tests of verbs begin there."""

import pytest

from creditbank.domain.name import AccountId
from creditbank.testing.world import World


@pytest.fixture
def world() -> World:
    return World.founded()


@pytest.fixture
def learner(world: World) -> AccountId:
    return world.learner(1)
