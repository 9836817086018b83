"""What every benchmark is given: the ground it stands on, and how long it may take."""

from dataclasses import dataclass

from benchmarks.ground import Ground


@dataclass(frozen=True)
class Bench:
    """`n`: how many suppliers in business the database has. `small`: the tenth of it, for what must not depend on size; or none."""

    ground: Ground
    database: str
    n: int
    small_database: str
    small: int
    rounds: int
    requests: int  # of each client, in each of its rounds
    request_rounds: int
