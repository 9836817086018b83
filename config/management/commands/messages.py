from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import polib
from django.core.management.base import BaseCommand, CommandError

from config import translations


class Command(BaseCommand):
    help = "Brings the translation catalogue in step with the sources; --check only says what is missing."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE.json", help='translations to take over: {"English": "中文"}')
        parser.add_argument("--check", action="store_true", help="change nothing, fail when a translation is missing or wrong")

    def handle(self, *, files: list[Path], check: bool, **options: Any) -> None:
        texts = translations.texts_in_sources()
        wrong: list[str] = []
        for path in translations.catalogues():
            catalogue = polib.pofile(str(path), wrapwidth=120)
            if not check:
                translations.update(catalogue, texts, translations.read_translations(files))
                catalogue.save()
            wrong += translations.complaints(catalogue, texts)
        for line in wrong:
            self.stderr.write(line)
        if wrong and check:
            raise CommandError(f"{len(wrong)} of {len(texts)} texts need a translator. See CONTRIBUTING.md, Translations.")
        self.stdout.write(f"{len(texts)} texts, {len(wrong)} to translate.")
        translations.compile_catalogues()
