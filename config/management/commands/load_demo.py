import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from config.demo.load import SUPPLIERS, is_loaded, load_demo


class Command(BaseCommand):
    help = "Fills an empty portal with the demo: invented suppliers, two cycles of assessments, labels and pilots."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--suppliers", type=int, default=SUPPLIERS, help="how many suppliers to invent")

    def handle(self, *args: Any, **options: Any) -> None:
        if is_loaded():
            self.stdout.write("The portal has suppliers already: the demo is not loaded over them.")
            return
        started = time.monotonic()
        load_demo(at=timezone.now(), progress=self._show, count=options["suppliers"])
        self.stdout.write(f"Demo loaded in {time.monotonic() - started:.0f} s.")

    def _show(self, step: str, done: int, total: int) -> None:
        width = 30
        filled = width * done // max(1, total)
        line = f"  {step:<22} [{'#' * filled}{'.' * (width - filled)}] {done:,}/{total:,}"
        if sys.stdout.isatty():
            sys.stdout.write("\r" + line + ("\n" if done >= total else ""))
            sys.stdout.flush()
        elif done >= total:
            self.stdout.write(line)
