"""What people type into a search box, as words to look for."""

# Chinese keyboards write letters and digits in full width too. Full-width brackets stay: names have them.
_HALF_WIDTH = {wide: wide - 0xFEE0 for first, last in ("０９", "ＡＺ", "ａｚ") for wide in range(ord(first), ord(last) + 1)}


def words_of(text: str) -> list[str]:
    """In lower case, as `Supplier.search_text` is."""
    return text.translate(_HALF_WIDTH).lower().split()
