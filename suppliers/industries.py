"""Reads the procurement category from an industry code. Pure.

Sections and divisions of UK SIC 2007 (Office for National Statistics), which down to the class is NACE Rev. 2 and ISIC Rev. 4.
"""

import re

from suppliers.models import Category


# The longest matching beginning decides.
BY_CODE = {
    "18": Category.MEDIA,
    "58": Category.MEDIA,
    "59": Category.MEDIA,
    "60": Category.MEDIA,
    "73": Category.MEDIA,
    "5821": Category.OFFICE_IT,
    "5829": Category.OFFICE_IT,
    "823": Category.EVENTS,
    "90": Category.EVENTS,
    "91": Category.EVENTS,
    "93": Category.EVENTS,
    "41": Category.ENGINEERING,
    "42": Category.ENGINEERING,
    "43": Category.ENGINEERING,
    "71": Category.ENGINEERING,
    "26": Category.OFFICE_IT,
    "62": Category.OFFICE_IT,
    "95": Category.OFFICE_IT,
    "4651": Category.OFFICE_IT,
    "4666": Category.OFFICE_IT,
    "49": Category.LOGISTICS,
    "50": Category.LOGISTICS,
    "51": Category.LOGISTICS,
    "52": Category.LOGISTICS,
    "53": Category.LOGISTICS,
    "61": Category.CLOUD_DC,
    "631": Category.CLOUD_DC,
}


def category_of(codes: str) -> str:
    """The category of the first code of a list ("85200, 85310") that has one; services where none does."""
    for code in re.findall(r"\d{2,5}", codes):
        for length in range(min(len(code), 4), 1, -1):
            if category := BY_CODE.get(code[:length]):
                return category.value
    return Category.SERVICES.value
