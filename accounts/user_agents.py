"""What a browser calls itself, in two words a person knows. Anybody may write anything there, so nothing is concluded from it."""

import re

from django.utils.translation import gettext as _


BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def words_for(user_agent: str) -> str:
    found = [next((name for mark, name in known if re.search(rf"\b{mark}", user_agent)), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in found if name) or _("Unknown browser")
