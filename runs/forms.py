from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask

from runs.schedules import MUST_RUN, is_daily


class ScheduleForm(forms.Form):
    """Asks for what the schedule has: an interval, or a time of day. Another kind of clock can only be switched on and off."""

    enabled = forms.BooleanField(label=_("Switched on"), required=False)
    every = forms.IntegerField(label=_("Every so many seconds"), min_value=10, max_value=24 * 60 * 60)
    daily = forms.TimeField(label=_("Each day at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, *args: Any, row: PeriodicTask, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["enabled"].initial = row.enabled
        if row.name in MUST_RUN:
            self.fields["enabled"].required = True
            self.fields["enabled"].error_messages["required"] = _("This one must run: it cannot be switched off.")
            self.fields["enabled"].help_text = _(
                "It must run: others rely on it. Its time can be moved; it cannot be switched off, and people are told when it fails."
            )
        clock = row.crontab
        if row.interval:
            self.fields["every"].initial = int(row.schedule.run_every.total_seconds())
        else:
            del self.fields["every"]
        if clock and is_daily(clock):
            self.fields["daily"].initial = f"{int(clock.hour):02}:{int(clock.minute):02}"
            self.fields["daily"].help_text = str(clock.timezone)
        else:
            del self.fields["daily"]

    def clock(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"enabled": data["enabled"], "every": data.get("every"), "daily": data.get("daily")}
