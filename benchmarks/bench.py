"""What every benchmark is given: the ground it stands on, and how long it may take."""

from dataclasses import dataclass

from benchmarks.ground import Ground


@dataclass(frozen=True)
class Bench:
    """`n` suppliers in business are in `database`, `small` in `small_database`: for what must not depend on size; 0 for none."""

    ground: Ground
    database: str
    n: int
    small_database: str
    small: int
    rounds: int
    # Of each client: requests at one target before the next one's turn, and how often it is each one's turn.
    requests: int
    request_rounds: int
