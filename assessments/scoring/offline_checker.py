"""The check of a receipt as one file that needs nothing but Python: for suppliers, and whoever they ask to look.

It is not written a second time: the file holds the modules that score here, word for word, and a few lines that load them.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path


ENTRY = "assessments.scoring.receipt_checking"
FILE_NAME = "verify_receipt.py"
_ROOT = Path(__file__).parents[2]

_HEAD = '''#!/usr/bin/env python3
"""Computes the score of a receipt again, and says what does not follow from its rules and answers.

    python3 verify_receipt.py receipt.json

It needs Python 3.11 or newer and nothing else: no network, no installed package. The receipt never leaves your machine. The text
below is the portal's own scorer, module by module, as the portal runs it. Licence: Apache 2.0.
"""

import importlib.abc
import importlib.util
import sys


SOURCES = {
'''

_TAIL = '''}


class Bundled(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads the modules from the texts above, before any folder is looked at."""

    def find_spec(self, name, path=None, target=None):
        if name in SOURCES:
            is_package = any(other.startswith(name + ".") for other in SOURCES)
            return importlib.util.spec_from_loader(name, self, is_package=is_package)

    def exec_module(self, module):
        exec(compile(SOURCES[module.__name__], module.__name__, "exec"), module.__dict__)


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ".")
    sys.meta_path.insert(0, Bundled())
    from assessments.scoring.receipt_checking import main

    sys.exit(main())
'''


@lru_cache(maxsize=1)
def source() -> str:
    """The whole file."""
    return _HEAD + "".join(f"\"{name}\": r'''{_text(name)}''',\n" for name in module_names()) + _TAIL


def module_names() -> list[str]:
    """Every module that the check needs, found by its imports, and the packages around them."""
    found: dict[str, None] = {}
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop()
        if name and name not in found:
            found[name] = None
            waiting += [name.rpartition(".")[0], *_imports(name)]
    return sorted(found)


def _file(name: str) -> Path:
    path = _ROOT.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _text(name: str) -> str:
    text = _file(name).read_text(encoding="utf-8")
    if "'''" in text or text.endswith("\\"):
        raise ValueError(f"{name} cannot stand between three quotation marks.")
    return text


def _imports(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(_text(name))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "assessments":
            is_package = _file(node.module).name == "__init__.py"
            yield from (f"{node.module}.{each.name}" for each in node.names) if is_package else [node.module]
