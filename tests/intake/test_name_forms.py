"""Names in many spellings and scripts, and the pseudonyms of what they share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.intake import name_forms, pseudonyms

KEY = pseudonyms.SYNTHETIC_KEY
NAMES = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12)


@given(NAMES, st.data())
def test_names_within_one_edit_share_a_neighbour(name, data):
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from("abcxyz"))
    edits = [name[:at] + name[at + 1 :], name[:at] + letter + name[at:], name[:at] + letter + name[at + 1 :]]
    columns = name_forms.name_columns([name, *edits], "given", KEY)
    own = set(columns["link_given_near"][0])
    assert all(own & set(near) for near in columns["link_given_near"][1:])


def test_names_far_from_each_other_share_nothing():
    columns = name_forms.name_columns(["Mustafa", "Ibrahim", "", None], "family", KEY)
    assert not set(columns["link_family_near"][0]) & set(columns["link_family_near"][1])
    assert columns["link_family"][0] in columns["link_family_near"][0]
    for name in ("link_family", "link_family_sound"):
        assert list(columns[name][2:]) == ["", ""]
    for name in ("link_family_near", "link_family_sound_near", "link_family_words"):
        assert list(columns[name][2:]) == [[], []]


def test_given_and_family_names_can_be_found_exchanged():
    given_names = name_forms.name_columns(["Hasan", "Ali"], "given", KEY)
    family_names = name_forms.name_columns(["ALİ", "HASAN"], "family", KEY)
    assert given_names["link_given"][0] == family_names["link_family"][1]
    assert given_names["link_given_sound"][1] == family_names["link_family_sound"][0]
    assert given_names["link_given_words"][0] == family_names["link_family_words"][1] != []


def test_spaces_and_hyphens_within_a_name_do_not_matter():
    columns = name_forms.name_columns(["Abd al-Rahman", "Abdalrahman", "ABD AL RAHMAN"], "given", KEY)
    assert columns["link_given"].nunique() == 1


def test_an_initial_is_no_name():
    columns = name_forms.name_columns(["A.", "M", "Ö"], "given", KEY)
    assert columns["link_given"].tolist() == columns["link_given_sound"].tolist() == ["", "", ""]


def test_words_of_a_name_can_be_found_alone():
    both, one = name_forms.name_columns(["Muhammed Ali Hasan", "Hasan"], "given", KEY)["link_given_words"]
    assert set(one) < set(both)


def sounds(name: str) -> str:
    return "".join(map(name_forms.consonants, name_forms.words(name)))


# One name a line, in the spellings of Turkish, English, French and Portuguese clerks and in its own script.
SPELLINGS = """
Muhammed, Mohamad, Mohammad, Mouhamet, Mehmet, Muh., Мухаммед, محمد, مُحَمَّد
Mahmud, Mahmoud, Mahmut, محمود
Yusuf, Youssouf, Yousef, يوسف
Hatice, Khadija, Khadidja, Khadeeja, خديجة
Ömer, Omar, Umar, عمر
Fatma, Fatima, Fatimah, فاطمة
Halit, Khaled, Khalid, خالد
Hüseyin, Hussein, Husain, حسين
Hasan, Hassan, حسن
Zeynep, Zaynab, Zeyneb, زينب
Cemil, Jamil, Djamel, Gamil, جميل
Şeyh, Sheikh, Cheikh, شيخ
Mervan, Marwan, مروان
Tarık, Tarek, Tariq, طارق
Suheyl, Suhail, سهيل
Osman, Othman, Uthman, عثمان
Gassan, Ghassan, غسان
İbrahim, Ibrahim, Brahim, ابراهيم, إبراهيم
Mustafa, Moustapha, Mostafa, مصطفى
Ayşe, Aisha, Aysha, عائشة
Abdurrahman, Abdulrahman, Abdelrahman, Abdul Rahman, Abd al-Rahman, عبد الرحمن, عبدالرحمن
Abdullah, Abdallah, Abdulla, عبد الله, عبدالله
Abdülaziz, Abdelaziz, Abdul Aziz, عبد العزيز, عبدالعزيز
Ebubekir, Abu Bakr, أبو بكر
Rıfai, Al-Rifai, Er-Rifai, Errifai, الرفاعي
Halebi, Alhalabi, Al Halabi, Halabi, الحلبي
Hatip, Khatib, Al-Khatib, الخطيب
Haddad, Hadad, حداد
Hamdan, حمدان
Nur, Nour, Noor, نور
Vail, Wael, وائل
Sousa, Souza
Josefina, Josephina
Yulia, Yuliya, Iuliia, Юлія, Юлия
Aleksandr, Oleksandr, Alexander, Олександр, Александр
Şevçenko, Shevchenko, Шевченко
Selam, ሰላም
Silva, da Silva
"""


@pytest.mark.parametrize("spellings", SPELLINGS.strip().splitlines())
def test_spellings_of_one_name_have_the_same_consonants(spellings):
    assert len({sounds(name) for name in spellings.split(", ")}) == 1


def test_different_names_have_different_consonants():
    names = [
        "Ahmad",
        "Hassan",
        "Hussein",
        "Ibrahim",
        "Mustafa",
        "Muhammed",
        "Mahmud",
        "Layla",
        "Salma",
        "Tariq",
        "Djamila",
        "Carlos",
        "Fatima",
        "Aminata",
        "Yunus",
        "Enes",
        "Abdurrahman",
        "Abdurrahim",
        "Abdullah",
        "Abdulkadir",
    ]
    assert len({sounds(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ramazan", "رمضان"), ("Mustfa", "مصطفى"), ("Abdurrahim", "Abdurrahman"), ("Şevcenk", "Шевченко")],
)
def test_long_names_one_consonant_apart_can_be_found(one, other):
    near = name_forms.name_columns([one, other], "given", KEY)["link_given_sound_near"]
    assert sounds(one) == sounds(other) or set(near[0]) & set(near[1])


def test_three_consonants_are_near_where_one_of_them_is_another():
    near = name_forms.name_columns(["Yusuf", "Yusuk", "Hatip", "İdlibi"], "given", KEY)["link_given_sound_near"]
    assert set(near[0]) & set(near[1]) and not set(near[2]) & set(near[3])


def test_short_names_have_no_consonants_within_one_edit():
    near = name_forms.name_columns(["Ali", "Ömer", "Esma"], "given", KEY)["link_given_sound_near"]
    assert near.tolist() == [[], [], []]


@pytest.mark.parametrize(
    ("full_name", "parts"),
    [
        ("Selma Haddad", ("Selma", "Haddad")),
        ("Haddad, Selma", ("Selma", "Haddad")),
        ("Selma", ("Selma", "")),
        ("Ahmed Muhammed El Rifai", ("Ahmed Muhammed", "El Rifai")),
        ("محمد عبد الرحمن", ("محمد", "عبد الرحمن")),
        ("Ali bin Hasan", ("Ali", "bin Hasan")),
        ("Ana da Silva", ("Ana", "da Silva")),
        ("El Rifai", ("El", "Rifai")),
        ("", ("", "")),
    ],
)
def test_whole_names_have_two_parts(full_name, parts):
    assert name_forms.given_and_family(full_name) == parts


@given(st.text(max_size=20))
def test_any_text_can_be_a_name(text):
    """No text is refused, and a name is the same whether it is read once or again."""
    found = name_forms.words(text)
    assert found == [word for word in found if word]
    assert name_forms.romanised(name_forms.romanised(text)) == name_forms.romanised(text)
    assert " " not in sounds(text)
