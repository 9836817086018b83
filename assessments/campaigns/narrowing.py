"""What other apps know of suppliers and a campaign's population may be narrowed by. They register it; assessments knows none of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django_stubs_ext import StrOrPromise

from suppliers.models import SupplierQuerySet


@dataclass(frozen=True)
class Narrowing:
    """`suppliers` answers, for the choices made, a query that is used inside the population's own."""

    key: str
    label: StrOrPromise
    choices: Sequence[tuple[str, StrOrPromise]]
    suppliers: Callable[[Sequence[str]], SupplierQuerySet]


_narrowings: dict[str, Narrowing] = {}


def narrows_population(narrowing: Narrowing) -> None:
    _narrowings[narrowing.key] = narrowing


def narrowings() -> Iterable[Narrowing]:
    return _narrowings.values()


def narrowing(key: str) -> Narrowing:
    """Raises KeyError: to leave a limit out would ask suppliers that nobody meant to ask."""
    return _narrowings[key]
