from typing import Any

from django.core.management.base import BaseCommand

from config.static_files import collect_if_changed
from config.translations import compile_catalogues


class Command(BaseCommand):
    help = "Compiles translations and collects static files; needs no database. For building an image."

    def handle(self, **options: Any) -> None:
        compile_catalogues()
        collect_if_changed()
