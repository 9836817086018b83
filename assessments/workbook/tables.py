"""Three ways of one table put together row by row. No database.

Rows carry no number of their own: one is the same row as another when both say the same, else when both name the same thing (the gas,
the project: every column that identifies), else when both stand in the same place. What only one side changed is taken, cell by cell
where both changed one row; rows that either side added are all kept. A conflict is what both changed differently.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from assessments.questionnaires.questions import Field


Row = Mapping[str, Any]


class Clash(NamedTuple):
    """One row that both sides changed differently; None where it is gone. `place`: of the row among those of the file."""

    before: Row | None
    given: Row | None
    now: Row | None
    place: int | None


@dataclass(frozen=True)
class Together:
    """The rows, where conflicts end with what the file says, and where they end with what stands."""

    taken: list[Row]
    kept: list[Row]
    clashes: tuple[Clash, ...]


class _Pair(NamedTuple):
    place: int
    is_same_thing: bool


def put_together(field: Field, base: Sequence[Row], given: Sequence[Row], now: Sequence[Row]) -> Together:
    in_file, in_portal = _paired(field, base, given), _paired(field, base, now)
    both_new = _twins(field, given, now, in_file, in_portal)
    from_base = {pair.place: number for number, pair in in_portal.items()}
    work = _Work()
    for place, row in enumerate(now):
        if place in from_base:
            number = from_base[place]
            pair = in_file.get(number)
            other = given[pair.place] if pair else None
            is_one = in_portal[number].is_same_thing and (pair is None or pair.is_same_thing)
            work.decide(base[number], other, row, pair.place if pair else None, cell_by_cell=is_one)
        elif place in both_new:
            work.decide({}, given[both_new[place]], row, both_new[place], cell_by_cell=True)
        else:
            work.keep(row)
    for number, pair in in_file.items():
        if number not in in_portal and given[pair.place] != base[number]:
            work.decide(base[number], given[pair.place], None, pair.place)
    known = {pair.place for pair in in_file.values()} | set(both_new.values())
    for place, row in enumerate(given):
        if place not in known:
            work.keep(row)
    return Together(work.taken, work.kept, tuple(work.clashes))


class _Work:
    def __init__(self) -> None:
        self.taken: list[Row] = []
        self.kept: list[Row] = []
        self.clashes: list[Clash] = []

    def keep(self, row: Row | None) -> None:
        if row is not None:
            self.taken.append(row)
            self.kept.append(row)

    def decide(self, before: Row, given: Row | None, now: Row | None, place: int | None, *, cell_by_cell: bool = False) -> None:
        if given in (now, before):
            self.keep(now)
        elif now == before:
            self.keep(given)
        elif cell_by_cell and given is not None and now is not None:
            self._cells(before, given, now, place)
        else:
            self._clash(given, now, Clash(before, given, now, place))

    def _cells(self, before: Row, given: Row, now: Row, place: int | None) -> None:
        taken, kept = dict(now), dict(now)
        is_clash = False
        for key in {**before, **given, **now}:
            was, file, stands = before.get(key), given.get(key), now.get(key)
            if file in (stands, was):
                continue
            _put(taken, key, file)
            if stands == was:
                _put(kept, key, file)
            else:
                is_clash = True
        if is_clash:
            self._clash(taken, kept, Clash(before or None, given, now, place))
        else:
            self.keep(taken)

    def _clash(self, taken: Row | None, kept: Row | None, clash: Clash) -> None:
        self.taken += [] if taken is None else [taken]
        self.kept += [] if kept is None else [kept]
        self.clashes.append(clash)


def _put(row: dict[str, Any], key: str, cell: Any) -> None:
    if cell is None:
        row.pop(key, None)
    else:
        row[key] = cell


# --- which row is which -----------------------------------------------------------------------------------------------


def _paired(field: Field, base: Sequence[Row], rows: Sequence[Row]) -> dict[int, _Pair]:
    """Row of the base -> where it stands among these rows."""
    found: dict[int, _Pair] = {}
    free = dict(enumerate(rows))
    for same in (_says_the_same, _names_the_same(field)):
        for number, row in enumerate(base):
            if number not in found and (place := _first(free, row, same)) is not None:
                found[number] = _Pair(place, is_same_thing=True)
                del free[place]
    for number in range(len(base)):
        if number not in found and number in free:
            found[number] = _Pair(number, is_same_thing=False)
            del free[number]
    return found


def _twins(
    field: Field, given: Sequence[Row], now: Sequence[Row], in_file: Mapping[int, _Pair], in_portal: Mapping[int, _Pair]
) -> dict[int, int]:
    """Rows that both sides added and that are one: place in the portal -> place in the file."""
    old_there = {pair.place for pair in in_portal.values()}
    old_here = {pair.place for pair in in_file.values()}
    free = {place: row for place, row in enumerate(given) if place not in old_here}
    found: dict[int, int] = {}
    for same in (_says_the_same, _names_the_same(field)):
        for place, row in enumerate(now):
            if place not in old_there and place not in found and (other := _first(free, row, same)) is not None:
                found[place] = other
                del free[other]
    return found


def _first(free: Mapping[int, Row], row: Row, same: Any) -> int | None:
    return next((place for place, each in free.items() if same(row, each)), None)


def _says_the_same(one: Row, other: Row) -> bool:
    return one == other


def _names_the_same(field: Field) -> Any:
    keys = list(_identifying(field))

    def same(one: Row, other: Row) -> bool:
        return bool(keys) and all(one.get(key) == other.get(key) for key in keys)

    return same


def _identifying(field: Field) -> Iterable[str]:
    """Columns that say what a row is about: choices, and texts and dates that must be given. A quantity says how much of it."""
    for column in field.columns:
        if column.is_year or (column.type not in ("number", "percent", "multi") and (column.options or column.required)):
            yield column.key
