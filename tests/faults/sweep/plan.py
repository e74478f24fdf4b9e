"""What goes wrong in a journey, and when: exchanges are counted by place."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace


class KilledError(BaseException):
    """The function's process is killed; nothing of the exporter may catch that.

    Args:
        error: The platform's name for it.
    """

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def nowhere(_: str) -> frozenset[str]:
    """No error: the execution lands the export all the same."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which an exchange goes wrong.

    Attributes:
        place: Whose exchanges: http, s3, hint, secret, bus, machine bus, task.
        name: What goes wrong.
        act: What is done about it, as the place knows.
        fails: The errors with which an execution may end that meets it once, by the exchange's
            name. None at all means that it has to land.
        lies: What is the whole content by an answer that nobody can tell from the truth.
        unnamed: Whether it comes before anybody knows what the exchange is about.
    """

    place: str
    name: str
    act: object
    fails: Callable[[str], frozenset[str]] = nowhere
    lies: Callable[[bytes], bytes] | None = None
    unnamed: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind at one exchange.

    Attributes:
        kind: What goes wrong.
        number: At which exchange of the kind's place, counted from 1.
        lasting: Whether it stays so, for all exchanges of the same name from then on.
    """

    kind: Kind
    number: int
    lasting: bool = False

    def __str__(self) -> str:
        how = "from" if self.lasting else "at"
        return f"{self.kind.name} {how} {self.kind.place} {self.number}"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange as it came."""

    place: str
    number: int
    name: str


@dataclass
class Plan:
    """Faults of one journey.

    Attributes:
        faults: What goes wrong.
        met: All exchanges, in order.
        struck: Of those, where something went wrong: its place in `met`, with the kind.
        killed: The error of the invocation under way, whose process is dead; None while it lives.
    """

    faults: Sequence[Fault] = ()
    met: list[Exchange] = field(default_factory=list)
    struck: list[tuple[int, Kind]] = field(default_factory=list)
    killed: str | None = None

    def __post_init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lasting: dict[tuple[str, str], Kind] = {}
        self._lock = threading.Lock()

    def meet(self, place: str, name: str = "") -> Kind | None:
        """Note an exchange and tell what goes wrong with it.

        Args:
            place: Where.
            name: What it is about; empty if that is told by `named` later.

        Raises:
            KilledError: There is no process any more that could begin it.
        """
        # Parts are sent by several threads.
        with self._lock:
            if self.killed:
                raise KilledError(self.killed)
            self._counts[place] += 1
            self.met.append(Exchange(place, self._counts[place], name))
            return self._look(place, name)

    def named(self, name: str) -> Kind | None:
        """Give the last exchange its name, and tell what goes wrong with it."""
        self.met[-1] = replace(self.met[-1], name=name)
        return self._look(self.met[-1].place, name)

    def _look(self, place: str, name: str) -> Kind | None:
        found = self._lasting.get((place, name))
        for fault in self.faults:
            if (fault.kind.place, fault.number) == (place, self.met[-1].number):
                found = fault.kind
                if fault.lasting and (name or found.unnamed):
                    self._lasting[place, name] = found
        if found and (len(self.met), found) not in self.struck[-1:]:
            self.strike(found)
        return found

    def strike(self, kind: Kind) -> None:
        """Note that something goes wrong now."""
        self.struck.append((len(self.met), kind))

    def kill(self, error: str) -> KilledError:
        """End the process: whatever it would still do, it does not."""
        self.killed = error
        return KilledError(error)
