"""The words of the four messy lists, and their mappings as a data manager settles them."""

from __future__ import annotations

import yaml

# Words in the file -> code.
SEX_WORDS = {
    "police": {"K": "female", "KIZ": "female", "KADIN": "female", "E": "male", "ERKEK": "male"},
    "kobo": {"kiz": "female", "erkek": "male"},
    "ngo": {"K": "female", "Kız": "female", "E": "male", "Erkek": "male"},
    "shelter": {"أنثى": "female", "انثى": "female", "بنت": "female", "ذكر": "male", "ولد": "male"},
}
AREA_WORDS = {
    "police": {"İSTANBUL": "TR-34", "İSTANBUL (AVR.)": "TR-34", "GAZİANTEP": "TR-27", "G.ANTEP": "TR-27",
               "ŞANLIURFA": "TR-63", "Ş.URFA": "TR-63", "HATAY": "TR-31", "ADANA": "TR-01", "KİLİS": "TR-79",
               "İZMİR": "TR-35", "KONYA": "TR-42", "BURSA": "TR-16", "MERSİN": "TR-33"},
    "kobo": {"istanbul": "TR-34", "gaziantep": "TR-27", "sanliurfa": "TR-63", "hatay": "TR-31", "adana": "TR-01",
             "kilis": "TR-79", "izmir": "TR-35", "konya": "TR-42", "bursa": "TR-16", "mersin": "TR-33"},
    "ngo": {"İstanbul": "TR-34", "İst.": "TR-34", "Antep": "TR-27", "Gaziantep": "TR-27", "Urfa": "TR-63",
            "Şanlıurfa": "TR-63", "Antakya": "TR-31", "Hatay": "TR-31", "Adana": "TR-01", "Kilis": "TR-79",
            "İzmir": "TR-35", "Konya": "TR-42", "Bursa": "TR-16", "Mersin": "TR-33"},
    "shelter": {"إسطنبول": "TR-34", "اسطنبول": "TR-34", "غازي عنتاب": "TR-27", "عنتاب": "TR-27", "أورفا": "TR-63",
                "هاتاي": "TR-31", "أنطاكية": "TR-31", "أضنة": "TR-01", "كلس": "TR-79", "إزمير": "TR-35",
                "قونية": "TR-42", "بورصة": "TR-16", "مرسين": "TR-33"},
}  # fmt: skip
COUNTRY_WORDS = {
    "police": {"SURİYE": "SYR", "SURİYE ARAP CUM.": "SYR", "SURİYELİ": "SYR", "T.C.": "TUR", "TÜRKİYE": "TUR",
               "AFGANİSTAN": "AFG", "AFGAN": "AFG", "IRAK": "IRQ", "ERİTRE": "ERI", "ETİYOPYA": "ETH", "UKRAYNA": "UKR",
               "RUSYA FED.": "RUS"},
    "kobo": {"suriye": "SYR", "turkiye": "TUR", "afganistan": "AFG", "irak": "IRQ", "eritre": "ERI", "etiyopya": "ETH",
             "ukrayna": "UKR", "rusya": "RUS"},
    "ngo": {"Suriye": "SYR", "Suriyeli": "SYR", "TC": "TUR", "Türkiye": "TUR", "Afgan": "AFG", "Afganistan": "AFG",
            "Irak": "IRQ", "Eritre": "ERI", "Etiyopya": "ETH", "Ukrayna": "UKR", "Rusya": "RUS"},
    "shelter": {"سورية": "SYR", "سوري": "SYR", "تركية": "TUR", "أفغانية": "AFG", "افغاني": "AFG", "عراقية": "IRQ",
                "إريترية": "ERI", "إثيوبية": "ETH", "أوكرانية": "UKR", "روسية": "RUS"},
}  # fmt: skip
EXPLOITATION_WORDS = {
    "police": {"Zorla çalıştırma": "ForcedLabour", "Dilendirme": "ForcedBegging", "Çocuk işçiliği": "ChildLabour",
               "Cinsel sömürü": "SexualExploitation", "Zorla evlilik": "ForcedMarriage"},
    "kobo": {"zorla_calistirma": "ForcedLabour", "dilendirme": "ForcedBegging", "cocuk_isciligi": "ChildLabour",
             "cinsel": "SexualExploitation", "evlilik": "ForcedMarriage"},
    "ngo": {"zorla çalıştırma": "ForcedLabour", "dilencilik": "ForcedBegging", "çocuk işçi": "ChildLabour",
            "cinsel": "SexualExploitation", "erken evlilik": "ForcedMarriage"},
    "shelter": {"عمل قسري": "ForcedLabour", "تسول": "ForcedBegging", "عمالة أطفال": "ChildLabour",
                "استغلال جنسي": "SexualExploitation", "زواج قسري": "ForcedMarriage"},
}  # fmt: skip
_TITLES = {
    "police": ("Children identified by the police (SYNTHETIC)", "police of nine provinces"),
    "kobo": ("Children met by outreach teams (SYNTHETIC)", "outreach teams"),
    "ngo": ("Children who came to an advice centre (SYNTHETIC)", "an advice centre"),
    "shelter": ("Children admitted to a shelter (SYNTHETIC)", "a shelter"),
}


def mapping(list_id: str, year: int, kind: str, study: str) -> str:
    """Return the settled mapping of a list, exported on the last day of a year."""
    title, publisher = _TITLES[list_id]
    said = {
        "list": list_id,
        "title": title,
        "study": study,
        "kind": kind,
        "publisher": publisher,
        "source": "written by tests/messy_lists.py; nobody is meant",
        "date": f"{year}-12-31",
    }
    return yaml.safe_dump(said | _MAPPINGS[list_id](year), allow_unicode=True, sort_keys=False)


# Months from and to.
_SEASONS = {"ilkbahar": ("03", "05"), "yaz": ("06", "08"), "sonbahar": ("09", "11")}
_TENS, _ONES = ("", "on", "yirmi", "otuz"), ("", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
# What a careful reader finds in cells that no format covers, and writes down.
_DAY_ZERO_VALUES = {f"00.00.{year}": str(year) for year in range(1985, 2024)}
_AGE_VALUES = {f"~{age}": f"{max(age - 1, 0)}-{age + 1}" for age in range(36)}
_ARABIC_AGE_VALUES = {f"حوالي {age}": f"{max(age - 1, 0)}-{age + 1}" for age in range(36)}
_AGE_WORDS = {" ".join(filter(None, (_TENS[age // 10], _ONES[age % 10]))): str(age) for age in range(1, 36)}


def left_out(list_id: str) -> list[str]:
    """Return the columns that the mapping of a list leaves out: what stands in them is not read."""
    return _MAPPINGS[list_id](2023)["drop"]


def _season_values(year: int) -> dict[str, str]:
    """Seasons as spans of months, up to a year."""
    return {
        f"{each} {name}": f"{each}-{first}..{each}-{last}"
        for each in range(2019, year + 1)
        for name, (first, last) in _SEASONS.items()
    }


def _police(year: int) -> dict:
    return {
        "file": {
            "sheet": "Liste", "header": [4, 5], "decimal": ",", "missing": ["-", "bilinmiyor"],
            "totals": ["GENEL TOPLAM", "toplamı"],
        },
        "columns": {
            "record": {"column": "Dosya No"},
            "detected": {"column": "Tarih / Tespit", "values": _season_values(year),
                         "format": ["dd.mm.yyyy", "mm.yyyy", "yyyy", "dd month yyyy", "serial"]},
            "reported": {"column": "Tarih / Kayıt", "format": "dd.mm.yyyy"},
            "given_name": {"column": "Mağdur / Adı"},
            "family_name": {"column": "Mağdur / Soyadı"},
            "birth": {"column": "Mağdur / Doğum Tarihi", "format": ["dd.mm.yyyy", "yyyy", "serial"],
                      "values": _DAY_ZERO_VALUES},
            "age": {"column": "Mağdur / Yaşı", "units": {"yaş": "years", "ay": "months"},
                    "values": _AGE_VALUES | _AGE_WORDS},
            "sex": {"column": "Mağdur / Cinsiyeti", "codes": SEX_WORDS["police"]},
            "nationality": {"column": "Mağdur / Uyruğu", "codes": COUNTRY_WORDS["police"]},
            "document": {"column": "Mağdur / Kimlik No"},
            "phone": {"column": "Mağdur / Telefon"},
            "area": {"column": "Olay / İl", "places": AREA_WORDS["police"]},
            "exploitation": {"column": "Olay / Sömürü Türü", "split": ";", "codes": EXPLOITATION_WORDS["police"]},
            "status": {
                "column": "Durum",
                "codes": {"mağdur": "ActualVictimOfTrafficking", "mağdur değil": "NotAVictimOfTrafficking"},
            },
        },
        "drop": ["Sıra", "İşlemi Yapan", "Açıklama"],
    }  # fmt: skip


def _kobo(year: int) -> dict:
    return {
        "file": {"sheet": "cocuk_kayit", "header": 1, "missing": ["-"]},
        "columns": {
            "record": {"column": "_id"},
            "detected": {"column": "tespit_tarihi", "format": "yyyy-mm-dd"},
            "reported": {"column": "_submission_time", "format": "yyyy-mm-dd"},
            "given_name": {"column": "cocuk/ad"},
            "family_name": {"column": "cocuk/soyad"},
            "birth": {"column": "cocuk/dogum_tarihi", "format": ["yyyy-mm-dd", "yyyy"]},
            "age": {
                "column": ["cocuk/cocuk_yasi", "cocuk/yas"],
                "unit_column": "cocuk/yas_birimi",
                "units": {"yil": "years", "ay": "months", "": "years"},
            },
            "sex": {"column": "cocuk/cinsiyet", "codes": SEX_WORDS["kobo"]},
            "nationality": {"column": "cocuk/uyruk", "codes": COUNTRY_WORDS["kobo"]},
            "document": {"column": "cocuk/kimlik_no"},
            "phone": {"column": "cocuk/telefon"},
            "area": {"column": "il", "places": AREA_WORDS["kobo"]},
            "exploitation": {"column": "somuru", "split": " ", "codes": EXPLOITATION_WORDS["kobo"]},
        },
        "leave_out": {"_validation_status": ["Not Approved"]},
        "drop": ["gorusmeci", "start", "end", "deviceid"],
    }


def _ngo(year: int) -> dict:
    return {
        "file": {"encoding": "cp1254", "delimiter": ";", "header": 1, "decimal": ",", "missing": ["-"]},
        "columns": {
            "detected": {"column": "Başvuru tarihi", "format": ["dd/mm/yyyy", "dd.mm.yyyy", "mm.yyyy", "yyyy"]},
            "full_name": {"column": "Ad Soyad"},
            "birth": {"column": "Doğum", "format": ["dd/mm/yyyy", "dd.mm.yyyy", "yyyy"]},
            "age": {
                "column": "Yaş",
                "units": {"yaşında": "years", "ay": "months"},
                "values": _AGE_VALUES | _AGE_WORDS,
            },
            "sex": {"column": "Cinsiyet", "codes": SEX_WORDS["ngo"]},
            "nationality": {"column": "Uyruk", "codes": COUNTRY_WORDS["ngo"]},
            "document": {"column": "Kimlik / pasaport"},
            "phone": {"column": "Telefon"},
            "area": {"column": "Şehir", "places": AREA_WORDS["ngo"]},
            "exploitation": {
                "columns": {code: f"İhlal: {word}" for word, code in EXPLOITATION_WORDS["ngo"].items()},
                "yes": ["x"],
                "no": [""],
            },
        },
        "drop": ["No", "Danışman", "Notlar"],
    }


def _shelter(year: int) -> dict:
    return {
        "file": {"sheet": "قائمة", "header": 3, "decimal": ",", "missing": ["-"], "totals": ["المجموع"]},
        "columns": {
            "detected": {"column": "تاريخ الدخول", "format": ["dd/mm/yyyy", "dd-mm-yyyy", "yyyy"]},
            "given_name": {"column": "الاسم"},
            "family_name": {"column": "الكنية"},
            "birth": {"column": "تاريخ الولادة", "format": ["dd/mm/yyyy", "dd-mm-yyyy", "dd.mm.yyyy", "yyyy"]},
            "age": {
                "column": "العمر",
                "units": {"سنة": "years", "شهر": "months"},
                "values": _ARABIC_AGE_VALUES,
            },
            "sex": {"column": "الجنس", "codes": SEX_WORDS["shelter"]},
            "nationality": {"column": "الجنسية", "codes": COUNTRY_WORDS["shelter"]},
            "document": {"column": "رقم الوثيقة"},
            "phone": {"column": "الهاتف"},
            "area": {"column": "المدينة", "places": AREA_WORDS["shelter"]},
            "exploitation": {"column": "نوع الاستغلال", "split": "-", "codes": EXPLOITATION_WORDS["shelter"]},
        },
        "drop": ["الرقم", "ملاحظات"],
    }


_MAPPINGS = {"police": _police, "kobo": _kobo, "ngo": _ngo, "shelter": _shelter}
