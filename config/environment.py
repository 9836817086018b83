"""Reads settings from environment variables, and says which variable is wrong when one is."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


T = TypeVar("T")
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str, default: str | None = None) -> str:
    """An empty variable counts as absent; one without a default must be there. NAME_FILE names a file that holds the value instead."""
    value = os.environ.get(name, "").strip() or _from_file(f"{name}_FILE")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}.")
    return default


def _from_file(name: str) -> str:
    """Secrets are handed to containers as files: an environment is seen by too many."""
    path = os.environ.get(name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip() if path else ""
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"The file that the environment variable {name} names cannot be read.") from None


def _parsed(name: str, value: str, parse: Callable[[str], T], expected: str) -> T:
    try:
        return parse(value)
    except (ValueError, KeyError):
        raise ImproperlyConfigured(f"The environment variable {name} is {value!r}, but should be {expected}.") from None


def flag(name: str, default: bool) -> bool:
    value = text(name, "").lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"The environment variable {name} is {value!r}, but should be 1 or 0.")
    return value in TRUE


def number(name: str, default: int) -> int:
    return _parsed(name, text(name, str(default)), int, "a whole number")


def words(name: str, default: str = "") -> list[str]:
    """A list, separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def split_url(name: str, value: str, schemes: set[str]) -> SplitResult:
    url = urlsplit(value)
    if url.scheme not in schemes:
        # Never repeat the value: it may carry a password.
        raise ImproperlyConfigured(f"The environment variable {name} should start with one of: {', '.join(sorted(schemes))}.")
    return url


def database(name: str, value: str) -> dict[str, Any]:
    """postgresql://user:password@host:port/name?sslmode=require, or ?host=/socket/dir, as libpq has it."""
    url = split_url(name, value, {"postgres", "postgresql"})
    query = dict(parse_qsl(url.query))
    if not url.path.strip("/"):
        raise ImproperlyConfigured(f"The environment variable {name} names no database.")
    return {
        "ENGINE": "config.postgresql",
        "NAME": unquote(url.path.strip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": query.pop("host", url.hostname or ""),
        "PORT": str(query.pop("port", url.port or "")),
        "OPTIONS": query,
    }


@dataclass(frozen=True)
class Email:
    backend: str
    file_path: str | None = None
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False


def email(name: str, default: str) -> Email:
    """file:///dir, console:, smtp://user:password@host:587 (STARTTLS), smtps://…:465, smtp+plain://host:25 (no encryption)."""
    url = split_url(name, text(name, default), {"file", "console", "smtp", "smtps", "smtp+plain"})
    if url.scheme == "file":
        return Email("django.core.mail.backends.filebased.EmailBackend", file_path=unquote(url.path))
    if url.scheme == "console":
        return Email("django.core.mail.backends.console.EmailBackend")
    if not url.hostname:
        raise ImproperlyConfigured(f"The environment variable {name} names no mail server.")
    return Email(
        "django.core.mail.backends.smtp.EmailBackend",
        host=url.hostname,
        port=url.port or {"smtp": 587, "smtps": 465, "smtp+plain": 25}[url.scheme],
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        use_tls=url.scheme == "smtp",
        use_ssl=url.scheme == "smtps",
    )


def scanner(name: str) -> str:
    """tcp://host:3310, unix:///path/of/the/socket, or nothing."""
    value = text(name, "")
    if value:
        url = split_url(name, value, {"tcp", "unix"})
        if not (url.hostname if url.scheme == "tcp" else url.path.strip("/")):
            raise ImproperlyConfigured(f"The environment variable {name} names no scanner.")
    return value


def kept_secret(path: Path) -> str:
    """A secret made once and kept in a file only its owner reads. Two processes that start at once agree on one."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
