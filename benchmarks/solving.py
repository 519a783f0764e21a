"""How long the solver alone takes of what is measured."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from creditbank.planner.solver import Solver

__all__ = ["solver_s"]


@contextmanager
def solver_s() -> Iterator[list[float]]:
    """Yield a list that every question to the solver adds its seconds to, as long as the block lasts."""
    spent_s: list[float] = []
    asked = Solver.maximise

    def timed(self: Solver, wanted: object, **limits: Any) -> object:
        began_s = time.perf_counter()
        found = asked(self, wanted, **limits)  # type: ignore[arg-type] # as it was asked
        spent_s.append(time.perf_counter() - began_s)
        return found

    Solver.maximise = timed  # type: ignore[method-assign, assignment] # put back below
    try:
        yield spent_s
    finally:
        Solver.maximise = asked  # type: ignore[method-assign] # as it was
