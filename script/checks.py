"""What ./script/check runs. All checks run, each says how long it took, and one that fails shows what it said."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


BASE = Path(__file__).resolve().parent.parent
APPS = "config reports labels pilots assessments emissions privacy suppliers grievances runs accounts audit charts".split()  # noqa: SIM905 - a street
PYTHON = sys.executable
# What a production server would set, for the checks of its settings. Nothing is connected to.
PRODUCTION = {
    "DATABASE_URL": "postgresql://portal_app@database.example/portal",
    "SECRET_KEY": "".join(chr(33 + 7 * position % 90) for position in range(60)),
    "ALLOWED_HOSTS": "portal.example",
    "PUBLIC_URL": "https://portal.example",
    "EMAIL_URL": "smtp://mail.example",
    "CELERY_BROKER_URL": "redis://broker.example",
    "HSTS_SUBDOMAINS": "1",
}


def checks() -> Iterator[tuple[str, list[str], dict[str, str]]]:
    templates = sorted(str(path.relative_to(BASE)) for path in (BASE / "templates").rglob("*.html"))
    yield "lint and security rules", ["ruff", "check", "--quiet", "."], {}
    yield "format", ["ruff", "format", "--check", "--quiet", "."], {}
    yield "types", ["mypy", *APPS, "manage.py", "script"], {}
    yield "the street and its rooms", ["lint-imports"], {}
    yield "template style", ["djade", "--target-version", "5.2", "--check", *templates], {}
    yield "template indentation", ["djhtml", "--check", "--tabwidth", "2", *templates], {}
    yield "migrations are complete", [*_manage(), "makemigrations", "--check", "--dry-run"], {}
    yield "translations are complete", [PYTHON, "manage.py", "messages", "--check"], {}
    yield "settings of a production server", [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION
    yield "published weaknesses of what is pinned", [PYTHON, "script/advisories.py"], {}
    yield "API schema", [PYTHON, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull], {}


def _manage() -> list[str]:
    return [PYTHON, "-m", "config.embedded", "run", PYTHON, "manage.py"]


def main() -> None:
    failed = [name for name, command, environment in checks() if not passes(name, command, environment)]
    if failed:
        sys.exit(f"\n{len(failed)} failed: {', '.join(failed)}")


def passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    started = time.monotonic()
    done = subprocess.run(command, cwd=BASE, env={**os.environ, **environment}, check=False, capture_output=True, text=True)
    verdict = "failed" if done.returncode else "ok"
    print(f"{verdict:>6}  {name} ({time.monotonic() - started:.1f} s)", flush=True)
    for line in done.stdout.splitlines():
        if line.startswith("warning: ") and not done.returncode:
            print(f"        {line}", flush=True)
    if done.returncode:
        print((done.stdout + done.stderr).strip(), flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    main()
