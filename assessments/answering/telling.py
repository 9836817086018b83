"""What a reviewer says of the answers is told when the review is closed or the answers are returned. Before, nobody else reads it."""

from collections.abc import Iterable, Iterator

from assessments.models import Answer, Assessment


def as_told(assessment: Assessment, answers: Iterable[Answer], *, blind: bool | None = None) -> Iterable[Answer]:
    """Its answers with the verdicts that may be read by now; or with none (`blind`), or all of them for the reviewer (not `blind`)."""
    return unjudged(answers) if (assessment.is_in_queue if blind is None else blind) else answers


def unjudged(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Whoever asks one of these for its verdict finds none, and asks the database for none."""
    relation = Answer._meta.get_field("verdict")
    for answer in answers:
        relation.set_cached_value(answer, None)
        yield answer
