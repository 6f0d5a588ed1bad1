"""Names, telephones and documents as they are compared, and the pseudonyms that are all that is kept of them."""

from __future__ import annotations

import os
import stat

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis.intake import pseudonyms

KEY = pseudonyms.SYNTHETIC_KEY
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

# Aumasson and Bernstein 2012, test vectors of the reference implementation: SipHash-2-4 of 00, 00 01, ... under the key
# 00 01 ... 0f, the bytes of each hash from the lowest.
VECTORS = (
    "310e0edd47db6f72 fd67dc93c539f874 5a4fa9d909806c0d 2d7efbd796666785 b7877127e09427cf 8da699cd64557618 "
    "cee3fe586e46c9cb 37d1018bf50002ab 6224939a79f5f593 b0e4a90bdf82009e f3b9dd94c5bb5d7a a7ad6b22462fb3f4 "
    "fbe50e86bc8f1e75 903d84c02756ea14 eef27a8e90ca23f7 e545be4961ca29a1"
)


def mixed(number: int) -> int:
    """The last step of SplitMix64 (Steele, Lea and Flood 2014), which pandas adds to the hash."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        number = (number ^ (number >> shift)) * factor % 2**64
    return number ^ (number >> 31)


def test_hashes_are_siphash_2_4_as_published():
    key = "".join(map(chr, range(16)))
    messages = ["".join(map(chr, range(length))) for length in range(16)]
    published = [int.from_bytes(bytes.fromhex(vector), "little") for vector in VECTORS.split()]
    assert published[15] == 0xA129CA6149BE45E5  # appendix A of the paper
    assert pseudonyms.keyed(messages, key).tolist() == [mixed(number) for number in published]


@pytest.mark.parametrize("key", ["", "SYNTHETIC-STUDY", "SYNTHETIC-STUDY!!", "SYNTHETIC-STUDİ!"])
def test_a_key_has_16_ascii_characters(key):
    with refused(pseudonyms.IdentityError, "not_ascii", "16"):
        pseudonyms.keyed(["a"], key)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("İSTANBUL", "istanbul"),
        ("ışık IŞIK", "isik isik"),
        ("Şanlıurfa", "sanliurfa"),
        ("  São   Tomé  ", "sao tome"),
        ("Gonçalves", "goncalves"),
        ("Guinée-Bissau", "guinee bissau"),
        ("Côte d’Ivoire", "cote divoire"),
        ("CÔTE D'IVOIRE", "cote divoire"),
        ("Sa`id Saʿid Sa'id", "said said said"),
        ("Al-Ḥasan", "al hasan"),
        ("Straße", "strasse"),
        ("Œuvre, Cæsar", "oeuvre caesar"),
        ("Łukasz Đorđe Ŋuyɛn", "lukasz dorde nguyen"),
        ("No. 5/A", "no 5 a"),
        ("٣٤ ۷", "34 7"),
        ("ＡＢＣ", "abc"),
        ("محمد علي", "محمد علي"),
        ("Иван", "иван"),
        ("---", ""),
        ("", ""),
    ],
)
def test_fold(text, folded):
    assert pseudonyms.fold(text) == folded


@given(WORDS)
def test_folding_twice_changes_nothing(text):
    folded = pseudonyms.fold(text)
    assert pseudonyms.fold(folded) == folded
    assert folded == " ".join(folded.split())


@pytest.mark.slow
@given(st.text(st.characters(codec="latin-1"), max_size=20))
def test_western_european_text_becomes_ascii(text):
    assert all(letter in "abcdefghijklmnopqrstuvwxyz0123456789 µ" for letter in pseudonyms.fold(text).replace("μ", "µ"))


def test_pseudonyms_depend_on_text_purpose_and_key_and_are_empty_for_blanks():
    texts = ["5321234567", "5321234567", "1234567", "", "  ", None, np.nan]
    phones = pseudonyms.pseudonym(texts, "phone", KEY)
    assert phones[0] == phones[1] != phones[2]
    assert list(phones[3:]) == [""] * 4
    assert all(len(text) == 16 and int(text, 16) >= 0 for text in phones[:3])
    assert pseudonyms.pseudonym(texts, "document", KEY)[0] != phones[0]
    assert pseudonyms.pseudonym(texts, "phone", "another-key-here")[0] != phones[0]
    assert list(pseudonyms.pseudonym(pd.Series(texts, dtype="category"), "phone", KEY)) == list(phones)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("+90 532 123 45 67", "321234567"),
        ("0532 1234567", "321234567"),
        ("(532) 123-45-67", "321234567"),
        ("00905321234567", "321234567"),
        ("5321234567.0", "321234567"),
        ("+238 991 23 45", "9912345"),
        ("9912345", "9912345"),
        ("+223 76 12 34 56", "76123456"),
        ("76123456", "76123456"),
        ("+221 77 123 45 67", "771234567"),
        ("77 123 45 67", "771234567"),
        ("+225 07 01 02 03 04", "701020304"),
        ("07 01 02 03 04", "701020304"),
        ("0000000000", ""),
        ("12345", ""),
        ("yok", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_phone(written, compared):
    assert pseudonyms.phone([written])[0] == compared


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("ab-12 34", "AB1234"),
        ("AB1234", "AB1234"),
        ("99123456789.0", "99123456789"),
        ("İ123", "I123"),
        ("yok", ""),
        ("11111111111", ""),
        ("12", ""),
        (None, ""),
    ],
)
def test_document(written, compared):
    assert pseudonyms.document([written])[0] == compared


def test_the_key_of_synthetic_lists_is_public():
    assert pseudonyms.secret_key("synthetic") == "SYNTHETIC-STUDY!"


def test_a_secret_key_is_made_once_for_its_owner_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pseudonyms, "ROOT", tmp_path)
    monkeypatch.delenv(pseudonyms.KEY_FILE, raising=False)
    first = pseudonyms.secret_key("confidential")
    said = capsys.readouterr().err
    assert ".key" in said and first not in said
    assert len(first) == 16 and first.isalnum() and first != pseudonyms.secret_key("synthetic")
    assert pseudonyms.secret_key("confidential") == pseudonyms.secret_key("public") == first
    assert capsys.readouterr().err == ""
    assert [path.name for path in tmp_path.iterdir()] == [".key"]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / ".key").stat().st_mode) == 0o600


def test_the_file_that_the_environment_names_is_read(tmp_path, monkeypatch):
    path = tmp_path / "elsewhere"
    path.write_text("abcdefgh12345678\r\n")
    monkeypatch.setenv(pseudonyms.KEY_FILE, str(path))
    assert pseudonyms.secret_key("confidential") == "abcdefgh12345678"


@pytest.mark.parametrize(
    "content", [b"", b"short", b"abcdefgh123456789", b"SYNTHETIC-STUDY!", b"abc efgh12345678", b"\xff" * 16]
)
def test_a_bad_key_file_is_refused_without_a_word_of_its_content(tmp_path, monkeypatch, content):
    path = tmp_path / "bad"
    path.write_bytes(content)
    monkeypatch.setenv(pseudonyms.KEY_FILE, str(path))
    with pytest.raises(pseudonyms.IdentityError) as error:
        pseudonyms.secret_key("confidential")
    assert "bad" in str(error.value) and "16 ASCII" in str(error.value)
    assert content == b"" or content.decode("latin-1") not in str(error.value)


def test_a_key_file_that_is_named_but_missing_is_not_made(tmp_path, monkeypatch):
    monkeypatch.setenv(pseudonyms.KEY_FILE, str(tmp_path / "missing"))
    with refused(pseudonyms.IdentityError, "unreadable_file"):
        pseudonyms.secret_key("confidential")
    assert not list(tmp_path.iterdir())
