"""A ZIP of files, opened under limits."""

import io
import zipfile

import pytest

from suppliers import archives
from suppliers.archives import ArchiveRefused, entries_of, taken_out
from suppliers.inspection import MAX_BYTES


def zip_of(*files: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed


def test_files_are_listed_with_their_folders_and_without_litter():
    packed = zip_of(("证书/a.pdf", b"a"), ("b.pdf", b"bb"), ("__MACOSX/._b.pdf", b"x"), (".DS_Store", b"x"), ("证书/", b""))

    assert [(entry.path, entry.name, entry.size) for entry in entries_of(packed)] == [("证书/a.pdf", "a.pdf", 1), ("b.pdf", "b.pdf", 2)]


def test_names_written_in_gbk_are_understood():
    packed = zip_of(("xx.pdf", b"a"))
    data = packed.getvalue().replace(b"xx.pdf", "证".encode("gbk") + b".pdf")

    assert [entry.name for entry in entries_of(io.BytesIO(data))] == ["证.pdf"]


def encrypted() -> io.BytesIO:
    data = bytearray(zip_of(("a.pdf", b"a")).getvalue())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return io.BytesIO(bytes(data))


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: io.BytesIO(b"no zip"), "damaged"),
        (encrypted, "encrypted"),
        (lambda: zip_of(*((f"{number}.pdf", b"") for number in range(archives.MOST_FILES + 1))), "count"),
        (lambda: zip_of(("../../etc/passwd", b"x")), "path"),
        (lambda: zip_of(("/etc/passwd", b"x")), "path"),
        (lambda: zip_of(("C:\\x.pdf", b"x")), "path"),
        (lambda: zip_of(("more.zip", b"PK")), "nested"),
        (lambda: zip_of(("big.csv", b"0" * 3_000_000)), "bomb"),
    ],
)
def test_a_zip_that_would_do_harm_is_refused(make, code):
    with pytest.raises(ArchiveRefused) as refused:
        entries_of(make())

    assert refused.value.code == code
    assert refused.value.messages[0]


def test_a_file_is_taken_out_as_it_was_put_in():
    packed = zip_of(("a.pdf", b"%PDF-1.7 a"))

    with taken_out(packed, entries_of(packed)[0]) as file:
        assert (file.name, file.size, file.read()) == ("a.pdf", 10, b"%PDF-1.7 a")


def test_no_more_is_taken_out_than_a_document_may_hold():
    packed = zip_of(("a.csv", b"0" * (MAX_BYTES + 5)), compression=zipfile.ZIP_STORED)

    with taken_out(packed, entries_of(packed)[0]) as file:
        assert file.size == MAX_BYTES + 1


def test_a_damaged_file_is_said_to_be_so():
    packed = zip_of(("a.csv", b"0123456789"), compression=zipfile.ZIP_STORED)
    data = packed.getvalue().replace(b"0123456789", b"0123456788")

    with pytest.raises(ArchiveRefused, match="damaged"), taken_out(io.BytesIO(data), entries_of(packed)[0]):
        pass
