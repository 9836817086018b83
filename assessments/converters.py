"""Parts of addresses that are ours; to import this registers them."""

from django.urls import register_converter


class AnswerKeyConverter:
    """One answer of an assessment: E1-02 for all sites, E1-02@12 for a site. Read with `inputs.split_key`."""

    regex = r"[-a-zA-Z0-9_]+(?:@[0-9]{1,18})?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(AnswerKeyConverter, "answer_key")
