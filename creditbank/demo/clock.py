"""The demo's clock: it shows what the story says, and a second more each time it is read."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

__all__ = ["ZONE", "StoryClock"]

ZONE: Final = "Asia/Shanghai"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OPENS: Final = time(9)


@attrs.define
class StoryClock:
    """Unix milliseconds, UTC. Not a frozen value: a clock moves."""

    now_ms: int = 0

    def turn_to(self, day: date) -> None:
        """Go forward to nine in the morning of *day* in :data:`ZONE`."""
        moment = datetime.combine(day, _OPENS, ZoneInfo(ZONE))
        later = (moment - _EPOCH) // timedelta(milliseconds=1)
        assert later > self.now_ms, "the story goes forward"
        self.now_ms = later

    def __call__(self) -> int:
        self.now_ms += 1000
        return self.now_ms
