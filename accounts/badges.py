"""One table from the states of all subjects to a tone and an icon, so that a state looks the same on every page."""

# The icon a tone has when a state names none of its own.
TONES = {
    "neutral": "circle",
    "info": "info-circle",
    "active": "progress",
    "good": "circle-check",
    "warning": "alert-triangle",
    "bad": "alert-octagon",
}

_STATES: dict[str, tuple[str, str]] = {
    # suppliers and registrations
    "invited": ("neutral", "mail"),
    "registered": ("info", "user-plus"),
    "active": ("good", "circle-check"),
    "suspended": ("bad", "player-pause"),
    "offboarded": ("neutral", "archive"),
    "approved": ("good", "circle-check"),
    "rejected": ("bad", "circle-x"),
    "duplicate": ("warning", "copy"),
    # campaigns, questionnaires, standards, agreements
    "draft": ("neutral", "pencil"),
    "published": ("good", "circle-check"),
    "retired": ("neutral", "archive"),
    "open": ("active", "circle-dot"),
    "launching": ("active", "progress"),
    "closed": ("good", "lock"),
    "archived": ("neutral", "archive"),
    # assessments
    "not_started": ("neutral", "circle-dashed"),
    "in_progress": ("active", "progress"),
    "submitted": ("info", "send"),
    "in_review": ("active", "eye"),
    "returned": ("warning", "arrow-back-up"),
    "lapsed": ("bad", "clock-exclamation"),
    # answers and verdicts
    "accepted": ("good", "circle-check"),
    "accept": ("good", "circle-check"),
    "queried": ("warning", "question-mark"),
    "query": ("warning", "question-mark"),
    "reject_evidence": ("bad", "file-x"),
    "evidence_rejected": ("bad", "file-x"),
    "correct": ("info", "edit"),
    "corrected": ("info", "edit"),
    # findings
    "critical": ("bad", "alert-octagon"),
    "major": ("warning", "alert-triangle"),
    "minor": ("info", "info-circle"),
    "planned": ("info", "calendar-event"),
    "evidence_given": ("active", "paperclip"),
    "verified": ("good", "rosette-discount-check"),
    "overdue": ("bad", "clock-exclamation"),
    "escalated": ("bad", "arrow-up"),
    # labels
    "proposed": ("info", "star"),
    "awarded": ("good", "rosette-discount-check"),
    "live": ("good", "rosette-discount-check"),
    "warned": ("warning", "alert-triangle"),
    "reinstated": ("good", "refresh"),
    "expired": ("neutral", "calendar-due"),
    "revoked": ("bad", "ban"),
    "appealed": ("warning", "gavel"),
    "appeal_decided": ("info", "gavel"),
    # pilots
    "offered": ("info", "send"),
    "signed": ("good", "signature"),
    "in_recalculation": ("warning", "calculator"),
    "terminated": ("bad", "circle-x"),
    "on_track": ("good", "trending-down"),
    "at_risk": ("warning", "alert-triangle"),
    "off_track": ("bad", "trending-up"),
    "no_data": ("neutral", "circle-dashed"),
    # runs and messages
    "queued": ("neutral", "clock"),
    "pending": ("neutral", "clock"),
    "running": ("active", "progress"),
    "sending": ("active", "send"),
    "sent": ("good", "mail-check"),
    "done": ("good", "circle-check"),
    "succeeded": ("good", "circle-check"),
    "completed": ("good", "circle-check"),
    "failed": ("bad", "alert-octagon"),
    "partly_failed": ("warning", "progress-alert"),
    "cancelled": ("neutral", "ban"),
    # certificates and documents
    "valid": ("good", "circle-check"),
    "expiring": ("warning", "calendar-due"),
    "missing": ("bad", "file-off"),
}


def badge_of(state: str) -> tuple[str, str]:
    """(tone, icon); an unknown state is neutral."""
    return _STATES.get(state, ("neutral", "circle"))
