"""Country names as official releases print them, and ISO 3166-1 codes.

A name is compared without accents, case and punctuation. Names that could be two countries ("Congolese") and groups
of countries ("EU-28 others") have no code: refusing them is better than guessing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import pandas as pd
import pycountry

# Spellings that ISO 3166 does not have: the UN's and the US government's names, former names, citizens, other
# languages, and misspellings that can mean one country only. One line a country.
_SPELLINGS = """
AFG Afghan
AGO Angolan|Angolans
ALB Albanian|Abania
ARE Emiratos Árabes Unidos
ARG Argentino|Argentina
ARM Armenie
BEL Belga|Belgique
BEN Benin Rep
BGR Bulgarian|Bulgarie
BIH Bosnia|Bosnian|Bosnia Erzegovina|B & H
BLR Belarussian|Byelorussian|Bielorrusia
BLZ Belizean|Beliceña
BOL Bolivia
BRA Brasil|Bresil|Brazilian|Brasilera|Brasilero|Brésilien|Barsil
BTN Bhuatnese
CAN Canadá
CHE Suiza
CHN Chino|Chinois|Chinese
CIV Cote d'Ivoire|Ivory Coast|Costa d'Avorio
CMR Cameroonian|Camerún|Cameroun
COD Dem. Rep. of the Congo|Democratic Republic of the Congo|DR Congo
COG Congo|Republic of the Congo
COL Colombiano|Colombiana|Columbia
CPV Cape Verde
CUB Cubano
CZE Czech Republic|República Checa|République tchèque
DEU Alemania|Alemana|Allemagne
DOM Dominicana|República Dominicana|Rep. Dominicana|R. Dominicana|Dominican Rep|Dominican Rebublic
ERI Eritrean|Erithera
ESP España|Spanish|Spania
ETH Ethiopie|Ethopia|Etiopia|Ethiopian
FLK Falkland Islands|Falkland Islands (Islas Malvinas)
FRA Francia|Francais
FSM Micronesia
GBR United Kingdom|Gran Bretaña|Great Britain
GEO Georgian
GHA Ghanaian|Gana
GIN Guinée|Guinea Conakry
GMB Gambian
GNQ Guinea Ecuatorial
GTM Guatemalan|Guatemaltecos
HKG China, Hong Kong SAR|China, Hong Kong Special Administrative Region
HMD Heard and McDonald Islands
HND Honduranian|Hodruanian|Hondureña|Hondureño|Honduran
HRV Croazia
HTI Haitiano|Haitian
HUN Hongrie|Hungría
IDN Indonesian|Indonésie
IND Indian|Indien|Mumbai, India
IOT British Indian Ocean Territories
IRN Iran
ITA Italia|Italien
KAZ Kazakhistan|Kazahstan|Kazalhstan
KEN Keniano|Kenyan
KGZ Kirghiz|Kirguizstán|Kyrgyz Republic
KOR Corea del Sur|South Korean|South Korea
LAO Laos|Lao People's Dem. Republic
LBN Libanon
LBY Lybia|Libyan Arab Jamahiriya
LUX Luxembourgeois
MAC China, Macao Special Administrative Region
MAR Maroc|Marruecos|Moroco|Morrocan|Moroccan
MDA Moldova|Moldovan|République de Moldavie
MDG Madagascarian
MEX México
MKD Macedonian|Macedonia|The former Yugoslav Republic of Macedonia
MMR Burmese|Burma|Myanmar Nation|Domestic (Myanmar)
MNE Monte Negro
MSR Monteserrat
NER Niger Rep
NLD Holanda|Nederland|Pays-Bas|Netherlands (Kingdom of the)|Netherlands (own country)
NOR Noruega
PAN Panamá
PCN Pitcairn Islands
PER Perú|Peruano|Peruana
PHL Filipinas|Filippine|Phillipines|Filipino
POL Polonia|Pologne
PRK North Korea
PRT Portugais
PRY Paraguayo
PSE Palestine|West Bank & Gaza Strip|West Bank and the Gaza Strip
ROU Roumain|Roumanie|Romanian
RUS Russia|Russie|Rusia
SEN Sénégal
SGP Singapur
SHN Saint Helena, Ascension and Tristan da Cunha (formerly called Saint Helena)
SLE Sierra Leonean
SLV Salvadoreña|Salvadoreño
SUR Surinam
SWE Sweeden
SWZ Swaziland
SYR Syria|Siria|Syriah
THA Tailandia|Thailande
TUN Tunisie|Tunisa
TUR Turkey|Turkey (Türkiye)|Turquía|Turquie
TWN Taiwanese|Taiwan|China, Taiwan Province of China
TZA Tanzanian|Tanzania
UGA Ugandan
UKR The Ukraine|Ucrania|Ukrainien
USA Estados Unidos de América|United States
VCT St Vincent and the Grenadines
VEN Venezuela|Venezolano|Venezolana
VGB British Virgin Islands
VNM Vietnam|Vietnamese
ZAF South African|Sudafrica
ZMB Zambian
"""
_LOST = "\ufffd"


def fold(name: str) -> str:
    """A name without accents, case, punctuation and a leading article; a letter that was lost stays "\ufffd"."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return re.sub(rf"[^\w{_LOST}]+", " ", plain.casefold()).strip().removeprefix("the ")


def fixed(name: str) -> str:
    """A name in which UTF-8 was read as Windows-1252 ("TÃ¼rkiye"), as it was written; any other name as it is."""
    try:
        return name.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return name


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for country in pycountry.countries:
        names = [country.name, getattr(country, "common_name", ""), getattr(country, "official_name", "")]
        for name in filter(None, names):
            codes[fold(name)] = country.alpha_3
            codes[fold(_turned(name))] = country.alpha_3
    for line in _SPELLINGS.strip().splitlines():
        code, _, spellings = line.partition(" ")
        codes |= {fold(spelling): code for spelling in spellings.split("|")}
    return codes


def _turned(name: str) -> str:
    """ "Korea, Republic of" as "Republic of Korea"."""
    before, comma, after = name.partition(", ")
    return f"{after} {before}" if comma else name


@cache
def iso3(name: str) -> str:
    """The ISO 3166-1 alpha-3 code of a country or its citizens; "" where the name is no country or could be two."""
    codes = _codes()
    for spelling in (fixed(name), _turned(fixed(name))):
        folded = fold(spelling)
        if folded in codes:
            return codes[folded]
        if _LOST in folded:
            pattern = re.compile(re.escape(folded).replace(_LOST, "."))
            possible = {code for known, code in codes.items() if pattern.fullmatch(known)}
            if len(possible) == 1:
                return possible.pop()
    return ""


def iso3_of(names: pd.Series) -> pd.Series:
    """`iso3` of a column of names, each distinct name looked up once."""
    return names.map({name: iso3(name) for name in names.unique()}).astype("str")


@cache
def alpha3() -> dict[str, str]:
    """ISO 3166-1 codes of two and of three letters -> the code of three letters."""
    pairs = [(country.alpha_2, country.alpha_3) for country in pycountry.countries]
    return dict(pairs) | {code: code for _, code in pairs}


def short_name(code: str) -> str:
    """The short English name of a country (ISO 3166-1 alpha-3); raises KeyError for a code that is none."""
    country = pycountry.countries.get(alpha_3=code)
    if country is None:
        raise KeyError(code)
    return getattr(country, "common_name", country.name)
