"""Curricula: what their values hold, who may publish them, what a bank knows of them, and that tampering is found."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest

from creditbank.bank.evidence import StoreEvidence
from creditbank.codec.curriculum import curriculum_bytes, curriculum_digest
from creditbank.codec.payload import PAYLOAD_MAX, decode, encode
from creditbank.domain.again import again
from creditbank.domain.credit import NUMBER_SIZE_MAX
from creditbank.domain.curriculum import COURSES_MAX, Curriculum, CurriculumCourse, Hours, Requirement
from creditbank.domain.decide.catalogue import publish_curriculum
from creditbank.domain.decide.keys import publish
from creditbank.domain.effect import stream_of
from creditbank.domain.event import CurriculumPublished
from creditbank.domain.known import Known
from creditbank.domain.name import Digest, StreamId, curriculum_stream, institution_id
from creditbank.domain.shelf import CurriculumEdition
from creditbank.errors import AlreadyError, KeyReusedError, MalformedError, NotPermittedError, UnknownError
from creditbank.testing.world import ASSESSOR, COLLEGE, HIGH, OPERATOR, World
from creditbank.verify import verify

STREAM = StreamId("curriculum:college.510202")


def named(curriculum: Curriculum) -> tuple[Digest, int]:
    data = curriculum_bytes(curriculum)
    return curriculum_digest(data), len(data)


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'city'}"
    with World.founded(url, mark=tmp_path / "mark").bank as bank:
        yield attrs.evolve(World.founded()) if bank is None else _world(bank, tmp_path)


def _world(bank: Any, tmp_path: Path) -> World:
    raise NotImplementedError
