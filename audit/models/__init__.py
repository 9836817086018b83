from audit.models.events import Event, EventQuerySet
from audit.models.seals import Seal, SealedBlock


__all__ = ["Event", "EventQuerySet", "Seal", "SealedBlock"]
