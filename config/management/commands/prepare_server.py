from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from config.static_files import collect_if_changed
from config.translations import compile_catalogues


class Command(BaseCommand):
    help = "Before a start: migrates the database as the tables' owner, compiles translations, collects static files."

    def handle(self, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        compile_catalogues()
        collect_if_changed()
