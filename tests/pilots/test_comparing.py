"""A paper that was signed elsewhere beside the paper that was offered."""

from typing import Any

from pilots.comparing import Comparison, compare
from suppliers.page_texts import PageText


OFFER = [PageText("Total reduction 50 %\nbase year 2024"), PageText("减排总目标为 50%，以 2024 年为基准年。\nSignatures")]


def brought(first: str = OFFER[0].text, second: str = OFFER[1].text, **fields: Any) -> Comparison:
    return compare(OFFER, [PageText(first), PageText(second, **fields)])


def test_other_line_breaks_spaces_and_widths_are_the_same_paper() -> None:
    comparison = brought("Total re duction\n50 % base\nyear 2024 ", "减排总目标 为５０％，\n以2024年为基准年。 Signatures")

    assert not comparison.is_refused
    assert not comparison.is_to_be_read


def test_a_changed_figure_is_shown_on_its_page_with_what_stands_around_it() -> None:
    (place,) = brought(second="减排总目标为 5.0%，以 2024 年为基准年。\nSignatures").missing

    assert (place.page, "50" in place.offered, "5.0" in place.brought) == (2, True, True)
    assert brought("Total reduction 50 %").is_refused


def test_what_was_added_is_for_a_person_to_read() -> None:
    comparison = brought(second=OFFER[1].text + "\nMadam Director, 28 November 2026")

    assert not comparison.is_refused
    assert comparison.is_to_be_read
    assert comparison.added[0].page == 2
    assert "Madam Director" in comparison.added[0].brought
    assert brought("Total reduction not 50 %\nbase year 2024").added


def test_seals_and_notes_are_for_a_person_to_read() -> None:
    assert brought(pictures=1).pictures == [2]
    assert brought(notes=2).notes == [2]


def test_of_a_paper_with_one_scanned_page_the_others_are_compared() -> None:
    comparison = brought(second="what the scanner guessed", is_scan=True)

    assert (comparison.unread, comparison.is_refused, comparison.is_scan) == ([2], False, False)
    assert brought("Total reduction 5 %", "", is_scan=True).is_refused


def test_a_place_is_shown_as_it_stands_on_the_page() -> None:
    (place,) = brought("Total reduction 5 %\nbase year 2024").missing

    assert (place.offered, place.brought) == ("Total reduction 50 % base year 2024", "Total reduction 5 % base year 2024")


def test_of_two_languages_that_of_the_paper_has_more_words_in_common() -> None:
    chinese = [PageText("减排总目标为 30%，以 2024 年为基准年。")]

    assert compare([OFFER[1]], chinese).alike > compare([OFFER[0]], chinese).alike


def test_a_book_is_not_searched_to_its_end() -> None:
    comparison = brought("word " * 50_000)

    assert comparison.is_refused
    assert len(comparison.missing) == 1


def test_what_is_kept_is_read_again() -> None:
    comparison = brought("Total reduction 5 %", notes=1)

    assert Comparison.kept(comparison.as_data()) == comparison
