"""Addresses of static files, looked up once a process: a page names twenty of them, and none changes while the process runs."""

from functools import cache
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class KnownAddresses:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url = cache(super().url)  # type: ignore[misc]  # of the storage beside it


class ManifestStorage(KnownAddresses, ManifestStaticFilesStorage):
    pass


class CompressedManifestStorage(KnownAddresses, CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise tells no types
    pass
