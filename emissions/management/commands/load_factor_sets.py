from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from emissions.factors import FactorSetChanged, FactorSetWrong, load_factor_sets


class Command(BaseCommand):
    help = "Loads the emission factor sets that the product brings and the database does not hold yet."

    def handle(self, *, verbosity: int = 1, **options: Any) -> None:
        try:
            loaded = load_factor_sets(at=timezone.now())
        except FactorSetChanged as error:
            raise CommandError(f"{error} is loaded and says something else. A changed factor set needs a new version.") from error
        except FactorSetWrong as error:
            raise CommandError("Nothing was loaded.\n" + "\n".join(error.problems)) from error
        for factor_set in loaded:
            self.stdout.write(f"{factor_set.key} {factor_set.version} ({factor_set.sha256[:12]}): {factor_set.factors.count()} factors.")
        if not loaded and verbosity:
            self.stdout.write("All factor sets are loaded.")
