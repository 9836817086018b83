"""What can be wrong with a value, by code: kept with import rows as code and parameters, put into words when a person reads it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


class Problem(ValueError):
    """A value that cannot be taken as it is."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def text(self) -> str:
        return problem_text(self.code, self.params)


TEXTS: dict[str, StrPromise] = {
    # identifiers
    "number_shortened": _(
        "A spreadsheet has shortened this number and its last digits are lost. Format the column as text and enter it again."
    ),
    "uscc_length": _("A Unified Social Credit Code has 18 characters; this one has %(length)s."),
    "uscc_characters": _("A Unified Social Credit Code has digits and capital letters, but never I, O, Z, S or V."),
    "uscc_form": _("This is not how a Unified Social Credit Code begins."),
    "uscc_check_digit": _("The check digit of this Unified Social Credit Code is wrong: look for a mistyped character."),
    "uscc_missing": _("A company registered in mainland China gives its Unified Social Credit Code."),
    "uscc_country": _("A Unified Social Credit Code belongs to a company registered in mainland China, not in %(country)s."),
    "lei_length": _("An LEI has 20 characters; this one has %(length)s."),
    "lei_characters": _("An LEI has digits and capital letters only."),
    "lei_check_digit": _("The check digits of this LEI are wrong: look for a mistyped character."),
    "duns_form": _("A D-U-N-S number has 9 digits. Spreadsheets drop zeros at its beginning: enter them again."),
    "company_number_form": _("A company number has letters, digits, and . / - between them."),
    "company_number_check": _("This is not a valid company number in %(country)s: look for a mistyped character."),
    "identifier_missing": _("Give at least one identifier."),
    # places
    "country_unknown": _("No country is called “%(value)s”."),
    "country_missing": _("The country of registration is missing."),
    "region_unknown": _("No province of China is called “%(value)s”."),
    # any value
    "required": _("A value is missing here."),
    "too_long": _("The text has %(length)s characters; at most %(limit)s fit."),
    "control_characters": _("The text contains characters that cannot be shown or stored."),
    "formula": _("The cell begins like a formula. Enter the value itself."),
    "spreadsheet_error": _("The cell holds a spreadsheet error (%(value)s)."),
    "choice_unknown": _("“%(value)s” is not one of the choices: %(choices)s."),
    "headcount_unknown": _("“%(value)s” is not a number of people or a range."),
    "month_unknown": _("“%(value)s” is not a month."),
    "number_unknown": _("“%(value)s” is not a whole number."),
    "date_unknown": _("“%(value)s” is not a date."),
    "yes_no_unknown": _("“%(value)s” is neither yes nor no."),
    "email_form": _("This is not an e-mail address."),
    "website_form": _("This is not a web address."),
    # rows against each other and against the register
    "duplicate": _("The same as row %(row)s of this file."),
    "identifiers_disagree": _("The identifiers of this row belong to different suppliers."),
    "identifier_conflict": _("The supplier is known with another value: %(existing)s."),
    "name_ambiguous": _("Several suppliers have this name. Give an identifier."),
    "supplier_missing": _("The row does not say whose it is: give the supplier's number, another identifier or its name."),
    "supplier_unknown": _("No supplier is known under this number or name."),
    "primary_twice": _("The supplier has another first contact in this file (row %(row)s)."),
    "amount_unknown": _("“%(value)s” is not an amount in yuan."),
    "rating_without_kind": _("A rating belongs to an environmental credit rating, not to a violation."),
    "company_missing": _("The row does not say which company it is about: give its Unified Social Credit Code or its name."),
    "name_known": _("No supplier has this code, but this name is borne by %(names)s. A person says whether it is the same company."),
    "former_name_known": _(
        "No supplier has this code, but this name was borne by %(names)s. A person says whether it is the same company."
    ),
    "not_ours": _("No supplier has this code or bears this name."),
    "record_decided": _("This record is decided already; the list says something else now: %(fields)s."),
    "row_refused": _("The register does not take this row: it contradicts another record."),
}


def problem_text(code: str, params: Mapping[str, Any]) -> str:
    text = TEXTS.get(code)
    return str(text) % params if text is not None else code
