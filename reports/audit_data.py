"""What an audit PDF encloses for machines: the answers as they are stored, with evidence, verdicts and talks, and the receipt.

    {"schema": "supplier-esg-audit/1", "assessment", "status", "supplier": {...}, "campaign": {...}, "questionnaire": {...},
     "score": {"declared", "evidenced", "verified"},     # as text, as in the receipt
     "answers": [{"question", "site", "value", "note", "evidence": [{"title", "file", "sha256", "valid_from", "valid_to"}],
                  "verdict": {"outcome", "reason", "corrected", "at"} or null,
                  "talk": [{"from": "buyer" or "supplier", "text", "at"}]}]}

It holds no language: values, not words.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assessments.models import QueryMessage, Verdict
from assessments.selectors import AnsweredQuestion, Dossier, EvidenceItem


SCHEMA = "supplier-esg-audit/1"


def answers_json(dossier: Dossier, talks: Mapping[str, Sequence[QueryMessage]]) -> str:
    assessment, result = dossier.assessment, dossier.result
    supplier, campaign, rules = assessment.supplier, assessment.campaign, dossier.worksheet.rules
    return _text(
        {
            "schema": SCHEMA,
            "assessment": assessment.pk,
            "status": assessment.status,
            "supplier": {
                "id": supplier.pk,
                "name_zh": supplier.name_zh,
                "name_en": supplier.name_en,
                "identifier": supplier.identifier,
            },
            "campaign": {"id": campaign.pk, "cycle": campaign.cycle, "title_zh": campaign.title_zh, "title_en": campaign.title_en},
            "questionnaire": {"key": rules.questionnaire.key, "version": rules.version, "sha256": rules.sha256},
            "score": {
                name: None if number is None else str(number)
                for name, number in (("declared", result.declared), ("evidenced", result.evidenced), ("verified", result.verified))
            },
            "answers": [_answer(answer, dossier, talks.get(answer.code, ())) for area in dossier.areas for answer in area.answers],
        }
    )


def receipt_json(receipt: Mapping[str, Any]) -> str:
    return _text(receipt)


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1)


def _answer(answer: AnsweredQuestion, dossier: Dossier, talk: Sequence[QueryMessage]) -> dict[str, Any]:
    stored = dossier.worksheet.answer(answer.question_code, answer.site.pk if answer.site else None)
    return {
        "question": answer.question_code,
        "site": answer.site.pk if answer.site else None,
        "value": stored.value if stored else {},
        "note": answer.note,
        "evidence": [_evidence(item) for item in answer.evidence],
        "verdict": _verdict(answer.verdict) if answer.verdict else None,
        "talk": [
            {"from": "buyer" if message.is_from_buyer else "supplier", "text": message.text, "at": message.at.isoformat()}
            for message in talk
        ],
    }


def _evidence(item: EvidenceItem) -> dict[str, Any]:
    return {
        "title": item.title,
        "file": item.file_name,
        "sha256": item.sha256,
        "valid_from": item.valid_from.isoformat() if item.valid_from else None,
        "valid_to": item.valid_to.isoformat() if item.valid_to else None,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"outcome": verdict.outcome, "reason": verdict.reason, "corrected": verdict.corrected, "at": verdict.at.isoformat()}
