"""Checking a signature: is what was signed still what is stored?

The signed text is kept whole, and the database holds its hash to it. So a signature is checked twice: the text against the hash,
by anybody with `sha256sum`, and the stored answers against the text, here.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assessments import canonical
from assessments.models import Assessment, Signature
from assessments.submission.submitting import content_of


@dataclass(frozen=True)
class Check:
    """`changed`: questions whose answer or evidence is another now than what was signed."""

    signature: Signature
    is_whole: bool
    matches: bool
    changed: tuple[str, ...]
    # While the assessment is open again, changes are what it was opened for.
    may_differ: bool

    @property
    def is_sound(self) -> bool:
        return self.is_whole and (self.matches or self.may_differ)


def newest(assessment: Assessment) -> Signature | None:
    return assessment.signatures.select_related("signed_by").order_by("-signed_at", "-pk").first()


def check(signature: Signature, assessment: Assessment) -> Check:
    """Two queries. `assessment` comes with its campaign and questionnaire."""
    now = content_of(assessment)
    return Check(
        signature=signature,
        is_whole=not signature.content or hashlib.sha256(signature.content.encode()).hexdigest() == signature.content_sha256,
        matches=canonical.sha256(now) == signature.content_sha256,
        changed=tuple(sorted(set(_changed(signature, now)))),
        may_differ=assessment.is_editable,
    )


def _changed(signature: Signature, now: dict[str, Any]) -> Iterator[str]:
    if not signature.content:
        return
    before, after = (
        {(each["question"], each["site"]): each for each in content["answers"]} for content in (json.loads(signature.content), now)
    )
    for question, site in before.keys() | after.keys():
        if before.get((question, site)) != after.get((question, site)):
            yield question
