"""Is a document still what left the house? Its signature, its enclosed data against what is printed, and the seal it carries.

Nothing is taken from the file's own word: the signature is checked over all of its bytes, the receipt is computed again, and the
figures are read from the pages.
"""

import io
import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pikepdf
import pypdfium2
from asn1crypto import cms  # type: ignore[import-untyped]  # pyHanko's ASN.1 has no types
from django.conf import settings
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from assessments.scoring import receipts
from audit.models import Seal
from reports import signing


STATED = re.compile(r"SCORE declared=(\S+) evidenced=(\S+) verified=(\S+) receipt=([0-9a-f]{16})")
SEAL = re.compile(r"SEAL (\d+) (\d{4}-\d\d-\d\d) ([0-9a-f]{64})")


@dataclass
class Verdict:
    """`facts` are what was found in order, `problems` what was not."""

    facts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.problems


def verify(pdf: bytes) -> Verdict:
    verdict = Verdict()
    _check_signature(pdf, verdict)
    try:
        pages, files = _text_of(pdf), _enclosed(pdf)
    except Exception as error:
        verdict.problems.append(_("The file cannot be read as a PDF: %(error)s") % {"error": error})
        return verdict
    if "receipt.json" in files:
        _check_receipt(files, pages, verdict)
    _check_seal(pages, verdict)
    return verdict


# --- signature --------------------------------------------------------------------------------------------------------


def _check_signature(pdf: bytes, verdict: Verdict) -> None:
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if not signatures:
            verdict.problems.append(_("The file is not signed."))
            return
        signature = signatures[-1]
        # Whose certificate it is, we look up ourselves: no authority is asked, here or elsewhere.
        trusted = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
        # In a thread of its own: pyHanko runs an event loop, and refuses to where one runs already.
        with ThreadPoolExecutor(1) as pool:
            status = pool.submit(validate_pdf_signature, signature, trusted).result()
        is_whole = status.intact and status.valid and _fills_its_gap(pdf, signature)
    except Exception as error:
        # A broken file may break its reader anywhere: whatever it does to it, it is to be named.
        verdict.problems.append(_("The signature cannot be read: %(error)s") % {"error": error})
        return
    if not is_whole:
        verdict.problems.append(_("The signature does not fit the file: it was changed after it was signed."))
    elif status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        verdict.problems.append(_("Something was added to the file after it was signed."))
    else:
        verdict.facts.append(_("The signature covers the whole file, and nothing was changed since."))
    _check_signer(signature.signer_cert.sha256.hex(), verdict)


def _fills_its_gap(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """The one place a signature cannot cover is where it stands itself: there it is alone, before zeros."""
    start, length, rest, _end = (int(number) for number in signature.byte_range)
    gap = pdf[start + length : rest]
    content = cms.ContentInfo.load(signature.pkcs7_content)
    is_alone = gap == b"<" + content.dump().hex().upper().encode().ljust(len(gap) - 2, b"0") + b">"
    return is_alone and _is_framed_as_ours(content["content"], signature.signer_cert)


def _is_framed_as_ours(signed: Any, certificate: Any) -> bool:
    """What of a signature's frame it does not sign itself: versions, and what is said twice, of the hash and of who signed."""
    [signer] = signed["signer_infos"]
    hashes, issuer = [each.dump() for each in signed["digest_algorithms"]], signer["sid"].chosen["issuer"].dump()
    said_twice = hashes == [signer["digest_algorithm"].dump()] and issuer == certificate.issuer.dump()
    return bool(said_twice and (signed["version"].native, signer["version"].native) == ("v1", "v1"))


def _check_signer(fingerprint: str, verdict: Verdict) -> None:
    own = signing.identity()
    if fingerprint == own.fingerprint:
        verdict.facts.append(_("Signed by this portal: %(name)s") % {"name": own.name})
    elif fingerprint in settings.DOCUMENT_FORMER_SIGNERS:
        verdict.facts.append(_("Signed by this portal, with a key it had before."))
    else:
        verdict.problems.append(_("Signed, but not by this portal: certificate SHA-256 %(fingerprint)s") % {"fingerprint": fingerprint})


# --- data against pages -----------------------------------------------------------------------------------------------


def _text_of(pdf: bytes) -> str:
    """Of all pages, as one line: a line of print may be broken anywhere."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        texts = [document[number].get_textpage().get_text_bounded() for number in range(len(document))]
    finally:
        document.close()
    return "\n".join(texts)


def _enclosed(pdf: bytes) -> dict[str, bytes]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return {name: document.attachments[name].get_file().read_bytes() for name in document.attachments}


def _check_receipt(files: Mapping[str, bytes], pages: str, verdict: Verdict) -> None:
    try:
        receipt, answers = json.loads(files["receipt.json"]), json.loads(files["answers.json"])
        differences = receipts.verify(receipt)
    except (KeyError, ValueError, receipts.ReceiptError) as error:
        verdict.problems.append(_("The enclosed data cannot be read: %(error)s") % {"error": error})
        return
    verdict.problems += [_("Enclosed receipt: %(difference)s") % {"difference": each} for each in differences]
    if not differences:
        verdict.facts.append(_("The enclosed receipt computes to the score it states."))
    scores = _scores(receipt["result"])
    if _scores(answers.get("score", {})) != scores:
        verdict.problems.append(_("The enclosed answers state another score than the enclosed receipt."))
    verdict.problems += list(_unlike_answers(receipt, answers))
    _check_printed(receipt, scores, pages, verdict)


def _scores(stated: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(stated.get(name) or "none" for name in ("declared", "evidenced", "verified"))


def _unlike_answers(receipt: Mapping[str, Any], answers: Mapping[str, Any]) -> Iterator[str]:
    """Answers for all sites, in both files."""
    scored = {code: answer[0] for code, answer in receipt["inputs"]["answers"].items()}
    for answer in answers.get("answers", ()):
        code = answer["question"]
        if answer["site"] is None and code in scored and scored[code] != answer["value"]:
            yield _("Question %(code)s: the enclosed answers and the enclosed receipt hold different values.") % {"code": code}


def _check_printed(receipt: Mapping[str, Any], scores: tuple[str, ...], pages: str, verdict: Verdict) -> None:
    # A line of print may be broken after any sign.
    printed = STATED.findall(re.sub(r"[\r\n]+", " ", pages)) or STATED.findall(re.sub(r"[\r\n]+", "", pages))
    if not printed:
        verdict.problems.append(_("The pages do not state a score."))
    for *stated, seal in printed:
        if tuple(stated) != scores:
            said = {"printed": " / ".join(stated), "computed": " / ".join(scores)}
            verdict.problems.append(_("The pages state the score %(printed)s; the enclosed data give %(computed)s.") % said)
        elif seal != str(receipt.get("sha256"))[:16]:
            verdict.problems.append(_("The pages name another receipt than the enclosed one."))
        else:
            verdict.facts.append(_("The printed score is that of the enclosed data: %(score)s") % {"score": " / ".join(scores)})


# --- seal -------------------------------------------------------------------------------------------------------------


def _check_seal(pages: str, verdict: Verdict) -> None:
    for number, day, printed in SEAL.findall(re.sub(r"[\r\n]+", " ", pages)) or SEAL.findall(re.sub(r"[\r\n]+", "", pages)):
        told = {"number": number, "day": day}
        if Seal.objects.filter(number=number, hash=printed, sealed_at__date=day).exists():
            verdict.facts.append(_("The audit trail has the printed seal, number %(number)s of %(day)s.") % told)
        else:
            verdict.problems.append(_("The audit trail does not have the printed seal, number %(number)s of %(day)s.") % told)
