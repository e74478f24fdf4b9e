"""A process that ends at a given step: from then on nothing that it does has any effect.

A step is what the world outside of the process sees: a call of S3 or EventBridge, or a piece of a
body. The process ends before the step, or after it and before it knows of that.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from sei_export.landing.events import EventBus
from tests.fakes.events import BUS, STACK, FakeEvents
from tests.fakes.s3 import FakeS3

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client


class Killed(BaseException):
    """The end of a process, which nothing in the process knows of."""


@dataclass
class Life:
    """One process after the other.

    Attributes:
        steps: How many there were.
        ends: Where a process ends, one after the other: before the step of that number, counted
            from 0 over all processes, or with a half more after it.
        is_over: Whether the process has ended.
    """

    ends: list[float] = field(default_factory=list)
    steps: int = 0
    is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self) -> Iterator[None]:
        """One step; what is in the block is its effect."""
        with self._lock:
            number = self.steps
            self.steps += 1
        self._end_at(number)
        try:
            yield
        finally:
            # Also after a refusal.
            self._end_at(number + 0.5)

    def piece(self) -> None:
        """One step whose effect does not matter."""
        with self.step():
            pass

    def again(self) -> None:
        """Another process begins."""
        self.is_over = False

    def _end_at(self, place: float) -> None:
        with self._lock:
            if self.ends and self.ends[0] == place:
                del self.ends[0]
                self.is_over = True
            if self.is_over:
                # Also to what would clean up: there is nobody any more who could.
                raise Killed


@dataclass(frozen=True)
class _Pages:
    pages: Callable[..., Iterator[object]]
    life: Life

    def paginate(self, **given: object) -> Iterator[object]:
        pages = self.pages(**given)
        while True:
            with self.life.step():
                page = next(pages, None)
            if page is None:
                return
            yield page


class _Client:
    """Stands for a client of boto3's: each of its calls is a step."""

    def __init__(self, client: object, life: Life) -> None:
        self._client, self._life = client, life

    def __getattr__(self, name: str) -> Callable[..., object]:
        call: Callable[..., object] = getattr(self._client, name)

        def mortal(**given: object) -> object:
            with self._life.step():
                return call(**given)

        return mortal

    def get_paginator(self, operation: str) -> _Pages:
        """Each page is a call."""
        return _Pages(cast("FakeS3", self._client).get_paginator(operation).paginate, self._life)


class MortalS3(FakeS3):
    """The bucket, as a process that may end sees it."""

    def __init__(self, journal: list[str], life: Life) -> None:
        super().__init__(journal)
        self.life = life
        self.before("read_body", life.piece)

    @property
    def client(self) -> "S3Client":
        """Its calls are steps."""
        return cast("S3Client", _Client(super().client, self.life))


class MortalEvents(FakeEvents):
    """The bus, as a process that may end sees it."""

    def __init__(self, journal: list[str], life: Life) -> None:
        super().__init__(journal)
        self.life = life

    @property
    def bus(self) -> EventBus:
        """Its calls are steps."""
        return EventBus(cast("EventBridgeClient", _Client(self, self.life)), BUS, STACK)
