"""Shared by every test: where other people's vectors and data lie, and how hypothesis behaves here."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile(
    "house", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("campaign", settings.get_profile("house"), max_examples=2000)
settings.load_profile(os.environ.get("CREDITBANK_HYPOTHESIS_PROFILE", "house"))


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Return ``shared("vectors/tlog")``: a path under ``$CREDITBANK_SHARED`` (default ``../shared``), or skip."""

    def find(name: str) -> Path:
        path = Path(os.environ.get("CREDITBANK_SHARED", ROOT.parent / "shared")) / name
        if not path.exists():
            pytest.skip(f"{path} is not here: set CREDITBANK_SHARED to the folder of vectors and data")
        return path

    return find
