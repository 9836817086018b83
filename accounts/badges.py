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
    "offboarded": ("neutral", "archive"),
    "approved": ("good", "circle-check"),
    "accepted": ("good", "circle-check"),
    # grievances
    "received": ("info", "mail"),
    "acknowledged": ("active", "eye"),
    "rejected": ("bad", "circle-x"),
    "refused": ("bad", "circle-x"),
    # campaigns, questionnaires, standards, agreements
    "draft": ("neutral", "pencil"),
    "published": ("good", "circle-check"),
    "retired": ("neutral", "archive"),
    "announced": ("info", "speakerphone"),
    "in_force": ("good", "circle-check"),
    "superseded": ("neutral", "archive"),
    "open": ("active", "circle-dot"),
    "closed": ("good", "lock"),
    # assessments
    "not_started": ("neutral", "circle-dashed"),
    "in_progress": ("active", "progress"),
    "submitted": ("info", "send"),
    "in_review": ("active", "eye"),
    "returned": ("warning", "arrow-back-up"),
    "lapsed": ("bad", "clock-exclamation"),
    "asked": ("warning", "message-circle"),
    "granted": ("good", "circle-check"),
    "taken_back": ("neutral", "arrow-back-up"),
    # how near a review is due
    "due_soon": ("warning", "clock"),
    "on_time": ("neutral", "calendar"),
    # verdicts
    "accept": ("good", "circle-check"),
    "query": ("warning", "question-mark"),
    "reject_evidence": ("bad", "file-x"),
    "reject_answer": ("bad", "circle-x"),
    "correct": ("warning", "pencil"),
    # second reviews
    "differs": ("warning", "scale"),
    "settled": ("good", "circle-check"),
    "called_off": ("neutral", "ban"),
    # findings
    "critical": ("bad", "alert-octagon"),
    "major": ("warning", "alert-triangle"),
    "minor": ("info", "info-circle"),
    "action_planned": ("info", "calendar-event"),
    "plan_agreed": ("active", "checkbox"),
    "action_done": ("active", "checkbox"),
    "withdrawn": ("neutral", "arrow-back-up"),
    "overdue": ("bad", "clock-exclamation"),
    # public records
    "waiting_reply": ("warning", "clock"),
    "replied": ("active", "message-circle"),
    "record_upheld": ("bad", "gavel"),
    "answered": ("good", "circle-check"),
    "wrong_match": ("neutral", "ban"),
    "held": ("warning", "question-mark"),
    "not_ours": ("neutral", "circle-minus"),
    # labels: where one stands, and the steps of the ledger
    "none": ("neutral", "circle-minus"),
    "proposed": ("info", "star"),
    "awarded": ("good", "rosette-discount-check"),
    "live": ("good", "rosette-discount-check"),
    "raised": ("good", "arrow-up"),
    "lowered": ("warning", "arrow-down"),
    "warned": ("warning", "alert-triangle"),
    "cleared": ("good", "circle-check"),
    "suspended": ("bad", "player-pause"),
    "taken": ("good", "check"),
    "reinstated": ("good", "refresh"),
    "renewal_due": ("info", "calendar-due"),
    "renewed": ("good", "refresh"),
    "expired": ("neutral", "calendar-due"),
    "revoked": ("bad", "ban"),
    "appealed": ("warning", "gavel"),
    "appeal_upheld": ("good", "gavel"),
    "appeal_refused": ("bad", "gavel"),
    "upheld": ("good", "gavel"),
    "confirmed": ("good", "circle-check"),
    "declined": ("neutral", "circle-x"),
    # pilots and their joint actions
    "offered": ("info", "send"),
    "signed": ("good", "signature"),
    "in_recalculation": ("warning", "calculator"),
    "terminated": ("bad", "circle-x"),
    "calculated": ("neutral", "calculator"),
    "planned": ("info", "calendar-event"),
    "under_way": ("active", "progress"),
    "delivered": ("good", "circle-check"),
    "dropped": ("neutral", "circle-x"),
    "on_track": ("good", "trending-down"),
    "at_risk": ("warning", "alert-triangle"),
    "off_track": ("bad", "trending-up"),
    "no_data": ("neutral", "circle-dashed"),
    # runs, their chunks, and mails
    "queued": ("neutral", "clock"),
    "waiting": ("neutral", "clock"),
    "claimed": ("active", "progress"),
    "running": ("active", "progress"),
    "sending": ("active", "send"),
    "sent": ("good", "mail-check"),
    "done": ("good", "circle-check"),
    "done_with_failures": ("warning", "progress-alert"),
    "failed": ("bad", "alert-octagon"),
    "cancelled": ("neutral", "ban"),
    "paused": ("warning", "player-pause"),
    # rows of an import
    "created": ("good", "circle-plus"),
    "updated": ("info", "edit"),
    "unchanged": ("neutral", "equal"),
    # certificates and documents
    "valid": ("good", "circle-check"),
    "expiring": ("warning", "calendar-due"),
    "missing": ("bad", "file-off"),
}


def badge_of(state: str) -> tuple[str, str]:
    """(tone, icon); an unknown state is neutral."""
    return _STATES.get(state, ("neutral", "circle"))
