"""The true persons of a synthetic study: how many there are in each area and year, who they are, and how they came."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tools.synthetic.case_records.design import Corridor, Design

Name = tuple[str, ...]


def _pool(text: str) -> list[Name]:
    """Names separated by commas, spellings of one name by a stroke."""
    return [tuple(spelling.strip() for spelling in name.split("/")) for name in text.split(",")]


_ARABIC = {
    "male": """Muhammed/Mohammad/Muhammad/Mohamed, Ahmed/Ahmad/Ahmet, Mahmud/Mahmoud/Mahmut, Mustafa/Moustafa,
        Ali, Hasan/Hassan, Hüseyin/Hussein/Husain, İbrahim/Ibrahim/Ebrahim, Halid/Khaled/Khalid,
        Ömer/Omar/Omer, Yusuf/Youssef/Yousef, Abdullah/Abdallah, Abdurrahman/Abdulrahman/Abdelrahman,
        Abdülkadir/Abdulkadir/Abdelkader, Halil/Khalil, Süleyman/Suleiman/Sleiman, Davud/Dawood/Daoud,
        Yasin/Yassin, Said/Saeed, Velid/Walid/Waleed, Tarık/Tareq/Tarek, Nizar, Samir/Sameer,
        Emir/Amir/Ameer, Enes/Anas, Bilal/Belal, Hamza/Hamzah, İsmail/Ismail/Esmail, İshak/Ishaq,
        Zekeriya/Zakariya/Zakaria, Yahya, Adnan, Cemal/Jamal, Kemal/Kamal, Nasır/Naser/Nasser,
        Faris/Fares, Mervan/Marwan, Rami/Ramy, Şadi/Shadi, Musab/Mosab/Mousab, Usame/Osama/Usama,
        Luay/Louay, Basil/Bassel/Basel, Gassan/Ghassan, Eymen/Ayman""",
    "female": """Fatma/Fatima/Fatimah, Ayşe/Aisha/Aysha, Meryem/Mariam/Maryam, Hatice/Khadija/Hadija,
        Zeyneb/Zaynab/Zainab, Emine/Amina/Ameena, Huda/Houda, Nur/Nour, Rim/Reem, Rana, Rania/Ranya,
        Sara/Sarah, Selma/Salma, Semira/Samira, Şeyma/Shaimaa/Shayma, Esma/Asma, Hanan, Heba/Hiba,
        İman/Iman/Eman, İsra/Israa/Esraa, Cemile/Jamila, Layla/Leila, Lina, Maha, Maysa/Maissa, Mona/Muna,
        Nadia/Nadya, Necla/Najla, Raniya, Rukiye/Ruqayya, Safa, Sabah, Suad/Souad, Sumeyye/Sumaya/Soumaya,
        Şahd/Shahd, Tesnim/Tasnim/Tasneem, Vaad/Waad, Yasemin/Yasmin/Yasmine, Zehra/Zahra, Gufran/Ghufran,
        Duaa/Dua, Ruba/Rouba, Hulud/Kholoud, Beyan/Bayan, Aya""",
    "family": """Halebi/Halabi/Alhalabi, Hamevi/Hamwi/Hamawi, Şami/Shami/Alshami, Humsi/Homsi, Hasan/Hassan,
        Hüseyin/Hussein, Hamdan, Hamud/Hammoud, Hatib/Khatib, Haddad, Neccar/Najjar, Kassab/Qassab,
        Sabbağ/Sabbagh, Hayyat/Khayyat, Hallak/Hallaq, Ahras/Akhras, Ahmed/Ahmad, Muhammed/Mohammad,
        İbrahim/Ibrahim, Halil/Khalil, Mustafa/Moustafa, Süleyman/Suleiman, Şeyh/Shaikh/Sheikh,
        Cabir/Jaber/Jabir, Casim/Jasem/Jassim, Cuma/Jumaa/Juma, Deyri/Dairi, Derviş/Darwish, Diyab/Diab,
        Esad/Asaad, Farah, Faris/Fares, Fayad/Fayyad, Gazi/Ghazi, Habib, Haci/Haji/Hajji, Hamidi/Hameedi,
        Harbi, Hariri, Hilal/Helal, İsa/Issa, İsmail/Ismail, Kadri/Qadri, Kasım/Qasem/Kassem,
        Kattan/Qattan, Kurdi/Kourdi, Maarri, Mansur/Mansour, Masri, Mavas/Mawas, Nasır/Nasser,
        Numan/Noman, Osman/Othman, Rahal/Rahhal, Ramadan, Rifai/Refai, Rumi/Roumi, Sabuni/Sabouni,
        Saleh/Salih, Salim/Saleem, Samman, Sayid/Sayed, Şahin/Shahin, Şaban/Shaaban, Tahhan/Tahan,
        Tavil/Taweel/Tawil, Turki/Tourki, Ubeyd/Obeid/Obaid, Vakkas/Wakkas, Yasin/Yassin, Yusuf/Youssef,
        Zeydan/Zaidan, Zubi/Zoubi, Abbud/Abboud, Akkad/Aqqad, Attar, Bakri, Bitar/Baitar, Cundi/Jundi,
        Dabbağ/Dabbagh""",
}  # fmt: skip
_TURKISH = {
    "male": """Mehmet, Mustafa, Ahmet, Ali, Hüseyin, Hasan, İbrahim, İsmail, Osman, Yusuf, Murat, Ömer, Ramazan,
        Halil, Süleyman, Abdullah, Mahmut, Salih, Recep, Kadir, Emre, Fatih, Serkan, Uğur, Yasin, Burak,
        Gökhan, Onur, Tolga, Volkan, Barış, Cem, Deniz, Eren, Furkan, Görkem, Işık, Kaan, Kerem, Oğuz,
        Rıdvan, Sinan, Şükrü, Tarık, Yiğit, Çağrı, Umut, Yılmaz""",
    "female": """Fatma, Ayşe, Emine, Hatice, Zeynep, Elif, Meryem, Şerife, Zehra, Sultan, Hanife, Merve, Havva,
        Zeliha, Esra, Özlem, Yasemin, Hülya, Gülsüm, Büşra, Kübra, Songül, Sevgi, Yıldız, Aslı, Aysel,
        Bahar, Ceren, Çiğdem, Derya, Ebru, Filiz, Gamze, Gönül, Irmak, İrem, Kadriye, Leyla, Melek, Nazlı,
        Nuray, Pınar, Rabia, Sıla, Şeyma, Tuğba, Ülkü, Yağmur""",
    "family": """Yılmaz, Kaya, Demir, Çelik, Şahin, Yıldız, Yıldırım, Öztürk, Aydın, Özdemir, Arslan, Doğan, Kılıç,
        Aslan, Çetin, Kara, Koç, Kurt, Özkan, Şimşek, Polat, Korkmaz, Çakır, Erdoğan, Yavuz, Can, Acar,
        Güler, Aktaş, Yalçın, Güneş, Bozkurt, Bulut, Keskin, Ünal, Turan, Gül, Özer, Işık, Kaplan, Avcı,
        Sarı, Tekin, Taş, Köse, Yüksel, Ateş, Aksoy, Çiftçi, Uçar, Kılınç, Güngör, Tunç, Karaca, Sönmez,
        Uysal, Ertürk, Duman, Deniz, Altun, Baran, Bayram, Ceylan, Dağ, Ekinci, Fidan, Gök, Irmak, İnce,
        Oruç, Pala, Soylu, Toprak, Ulu, Varol, Zengin""",
}  # fmt: skip
_PORTUGUESE = {
    "male": """José, João, António, Manuel, Carlos, Luís, Pedro, Paulo, Jorge, Adilson, Admilson, Aílton,
        Alcides, Anildo, Arlindo, Danilson, Délcio, Domingos, Edmilson, Elton, Emanuel, Estêvão,
        Felisberto, Fidel, Gilson, Hélder, Ivanildo, Jailson, Januário, Jeremias, Joaquim, Kevin, Leandro,
        Lucas, Marcelino, Mário, Nélson/Nelson, Osvaldo, Patrício, Ricardo, Rui, Sidney/Sidnei, Silvino,
        Tiago, Valdir, Walter/Valter, Wilson/Vilson, Zeferino, José Carlos, João Paulo, Luís Carlos,
        António Pedro""",
    "female": """Maria, Ana, Adelina, Adélia, Albertina, Alícia, Andreia, Arlete, Benvinda, Carla, Catarina,
        Celeste, Cesária, Cleusa, Conceição, Crisolita, Débora, Denise, Dulcelina, Edna,
        Elisângela/Elizângela, Elsa/Elza, Ermelinda, Eugénia, Fátima, Filomena, Francisca, Helena,
        Isabel/Izabel, Ivone, Jacira/Jassira, Josefina/Josephina, Jucelina, Keila, Leontina, Lígia,
        Luísa/Luiza, Lucialina, Madalena, Margarida, Nilda, Odete, Patrícia, Rosângela, Sandra,
        Sónia/Sônia, Suely/Sueli, Teresa/Tereza, Vanusa/Vanuza, Zenaida, Maria José, Ana Maria, Ana Paula""",
    "family": """Tavares, Semedo, Gomes, Lopes, Monteiro, Fernandes, Silva, Santos, Varela, Moreira, Correia,
        Mendes, Andrade, Rocha, Delgado, Évora, Fortes, Lima, Ramos, Cruz, Duarte, Barbosa, Furtado,
        Cabral, Pereira, Pires, Almeida, Alves, Baptista/Batista, Barros, Borges, Brito, Cardoso,
        Carvalho, Centeio, Conceição, Costa, Dias, Estrela, Ferreira, Fonseca, Freire, Garcia, Gonçalves,
        Graça, Landim, Livramento, Lobo, Lomba, Martins, Medina, Melo, Miranda, Morais/Moraes, Neves,
        Nunes, Oliveira, Pina, Querido, Ribeiro, Robalo, Rodrigues, Rosário, Sanches, Sequeira, Soares,
        Sousa/Souza, Spencer, Teixeira, Timas, Veiga, Vieira, Xavier""",
}  # fmt: skip
_WEST_AFRICAN = {
    "male": """Mamadu/Mamadou, Amadu/Amadou, Ibraima/Ibrahima, Issa/Isa, Alassana/Alassane, Braima,
        Bubacar/Boubacar, Demba, Malam, Mussa/Moussa, Ousmane/Usmane, Saliu/Saliou, Samba, Seco/Sekou,
        Umaro/Oumarou, Abdulai/Abdoulaye, Cheikh/Sheikh, Modou/Modu, Lamine/Lamin, Djibril/Jibril, Emeka,
        Chidi, Tunde, Nelson, Carlitos""",
    "female": """Fatumata/Fatoumata, Aissatu/Aissatou, Mariama, Binta, Cadi/Kadi, Djenabu/Jenabou, Aminata, Awa,
        Nene, Satu, Sira, Sona, Adama, Maimuna/Maimouna, Rama, Coumba/Cumba, Ndeye, Astou/Astu, Oumou/Umu,
        Hawa, Blessing, Joy, Faith, Ngozi, Domingas""",
    "family": """Djaló/Jalo/Diallo, Baldé/Balde, Camará/Camara, Sané/Sane, Mané/Mane, Cissé/Sissé, Turé/Touré,
        Embaló/Embalo, Seidi/Seydi, Indjai/Injai, Sanhá/Sanha, Candé/Kande, Dabó/Dabo, Fati/Faty,
        Djassi/Jassi, Ndiaye/Njie, Diop/Jobe, Fall, Sow, Gueye/Gaye, Sarr, Faye, Seck, Okafor, Eze,
        Adeyemi, Bello, Quintino, Cá, Té""",
}  # fmt: skip

POOLS: dict[str, dict[str, list[Name]]] = {
    pool: {part: _pool(text) for part, text in parts.items()}
    for pool, parts in (
        ("arabic", _ARABIC),
        ("turkish", _TURKISH),
        ("portuguese", _PORTUGUESE),
        ("west_african", _WEST_AFRICAN),
    )
}


def capitals(text: str, language: str) -> str:
    """A name in capital letters; in Turkish i becomes İ and ı becomes I."""
    return (text.replace("i", "İ").replace("ı", "I") if language == "tr" else text).upper()


# --- Persons ---------------------------------------------------------------------------------------------------------

DAYS_A_YEAR = 365.2425
# Exploitation goes on for a while before anybody can see it: gamma distributed, days.
DURATION_SHAPE, DURATION_MEAN = 1.5, 200.0
# Share of persons who are the brother or sister of the one before: same family name and telephone.
SIBLINGS = 0.05
_PARTS = ("female", "male", "family")


def totals(design: Design, persons: int) -> pd.DataFrame:
    """The true number of persons by area and year: the simulated curves, rounded so that they add up to `persons`.

    Rounding is by largest remainder (Hamilton's method), so that no number is off by more than one.

    Returns
    -------
    DataFrame: area_id, year, persons.
    """
    weights = np.array(list(design.weights.values()), dtype=float)
    curves = np.array([design.trends[area].relative(design.years) for area in design.weights])
    expected = weights[:, None] * curves / curves.sum(axis=1, keepdims=True)
    expected = expected / expected.sum() * persons
    counts = np.floor(expected).astype(int)
    remainders = (expected - counts).ravel()
    # Rounded before they are compared: the order must not hang on the last bit of a float.
    first = np.argsort(-remainders.round(9), kind="stable")[: persons - counts.sum()]
    counts.ravel()[first] += 1
    index = pd.MultiIndex.from_product([list(design.weights), design.years.tolist()], names=["area_id", "year"])
    return pd.DataFrame({"persons": counts.ravel()}, index=index).reset_index()


def spellings(design: Design) -> list[Name]:
    """Every name of the study, of all pools one after the other: a person holds a place in this list."""
    return [name for pool in _pools(design) for part in _PARTS for name in POOLS[pool][part]]


def _pools(design: Design) -> list[str]:
    return list(dict.fromkeys(design.pools.values()))


def people(design: Design, numbers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The persons behind the true numbers.

    Parameters
    ----------
    numbers : as `totals` gives them.

    Returns
    -------
    DataFrame, one row a person: area, year, sex, nationality, child, form (place in ``design.forms``), group, age
    (completed years at exploitation), birth, started and visible (days, datetime64: when exploitation began, and from
    when on lists can see it), given and family (places in `spellings`), household, corridor (place in
    ``design.corridors``), means (bits in the order of ``design.means``), recruitment, recruiter.
    """
    counts = numbers["persons"].to_numpy()
    area_of = {area: place for place, area in enumerate(design.weights)}
    area = np.repeat(numbers["area_id"].map(area_of).to_numpy(np.int8), counts)
    year = np.repeat(numbers["year"].to_numpy(np.int16), counts)
    n = len(area)
    household = _households(area, year, rng)
    nationality = _nationalities(design, area, rng)[household]
    child = rng.random(n) >= design.adults
    form = _forms(design, area, rng)
    share_male = np.array([entry.male for entry in design.forms])
    male = rng.random(n) < share_male[form]
    age = _ages(design, child, rng)
    visible = (year.astype(int) - 1970).astype("datetime64[Y]").astype("datetime64[D]") + rng.integers(0, 355, n)
    started = visible - rng.gamma(DURATION_SHAPE, DURATION_MEAN / DURATION_SHAPE, n).astype(int)
    # Never within days of a birthday, so that the age in completed years is the one that was drawn.
    birth = started - ((age + 0.01 + 0.98 * rng.random(n)) * DAYS_A_YEAR).astype(int)
    given, family = _names(design, nationality, male, rng)
    countries = list(design.pools)
    groups = list(design.groups)
    group_of = np.array([groups.index(entry.group) for entry in design.forms], np.int8)
    return pd.DataFrame(
        {
            "area": pd.Categorical.from_codes(area, list(design.weights)),
            "year": year,
            "sex": pd.Categorical.from_codes(male.astype(np.int8), ["female", "male"]),
            "nationality": pd.Categorical.from_codes(nationality, countries),
            "child": child,
            "form": form,
            "group": pd.Categorical.from_codes(group_of[form], groups),
            "age": age,
            "birth": birth.astype("datetime64[s]"),
            "started": started.astype("datetime64[s]"),
            "visible": visible.astype("datetime64[s]"),
            "given": given,
            "family": family[household],
            "household": household.astype(np.int32),
            "corridor": _corridors(design, area, nationality, rng),
            "means": sum(
                (rng.random(n) < share).astype(np.int16) << bit for bit, share in enumerate(design.means.values())
            ),
            "recruitment": _drawn(design.recruitment, n, rng),
            "recruiter": _drawn(design.recruiter, n, rng),
        }
    )


def _households(area: np.ndarray, year: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The first person of each person's household, nearly always the person alone."""
    own = np.arange(len(area))
    sibling = rng.random(len(area)) < SIBLINGS
    sibling[1:] &= (area[1:] == area[:-1]) & (year[1:] == year[:-1]) & ~sibling[:-1]
    sibling[:1] = False
    return own - sibling


def _nationalities(design: Design, area: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    countries = list(design.pools)
    shares = np.array(
        [[design.shares_of_nationalities(place).get(country, 0.0) for country in countries] for place in design.weights]
    )
    return _pick(shares, area, rng)


def _forms(design: Design, area: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Forms that keep the shares of the groups in the study as a whole, though areas differ."""
    there = np.bincount(area, minlength=len(design.weights)).astype(float)
    tilt = np.array([[design.tilt.get((place, group), 1.0) for group in design.groups] for place in design.weights])
    wanted = np.array(list(design.groups.values()))
    table = _raked(tilt * wanted, there / max(there.sum(), 1.0), wanted / wanted.sum())
    inner = np.array(
        [[entry.weight if entry.group == group else 0.0 for entry in design.forms] for group in design.groups]
    )
    return _pick(table @ inner, area, rng)


def _raked(table: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Iterative proportional fitting (Deming and Stephan 1940): a table of shares with the margins given."""
    for _ in range(200):
        sums = table.sum(axis=1)
        table = table * np.divide(rows, sums, out=np.zeros_like(sums), where=sums > 0)[:, None]
        sums = table.sum(axis=0)
        table = table * np.divide(columns, sums, out=np.zeros_like(sums), where=sums > 0)
    return table


def _ages(design: Design, child: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Completed years of age when exploitation began; even within a group of ages, and from 18 to 40 for adults."""
    bounds = np.array(list(design.ages))
    shares = np.array(list(design.ages.values()))
    group = _pick((shares / shares.sum())[None, :], np.zeros(len(child), int), rng)
    low, high = bounds[group, 0], bounds[group, 1]
    low, high = np.where(child, low, 18), np.where(child, high, 40)
    return rng.integers(low, high, endpoint=True).astype(np.int8)


def _names(
    design: Design, nationality: np.ndarray, male: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Places in `spellings` of given and family names; the first names of a pool are the commonest."""
    pools = _pools(design)
    sizes = [[len(POOLS[pool][part]) for part in _PARTS] for pool in pools]
    begin = np.concatenate([[0], np.cumsum(sizes)])[:-1].reshape(len(pools), len(_PARTS))
    widest = max(map(max, sizes))
    commonness = [1 / (np.arange(widest) + 8.0) ** 0.7 * (np.arange(widest) < size) for row in sizes for size in row]
    table = np.array(commonness)
    pool = np.array([pools.index(design.pools[country]) for country in design.pools])[nationality]
    drawn = []
    for part in (male.astype(int), np.full(len(male), _PARTS.index("family"))):
        drawn.append((begin[pool, part] + _pick(table, pool * len(_PARTS) + part, rng)).astype(np.int16))
    return drawn[0], drawn[1]


def _corridors(design: Design, area: np.ndarray, nationality: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    areas, countries = list(design.weights), list(design.pools)
    table = np.zeros((len(areas) * len(countries), len(design.corridors)))
    for place, way in enumerate(design.corridors):
        table[areas.index(way.destination) * len(countries) + countries.index(way.nationality), place] = way.weight
    return _pick(table, area.astype(int) * len(countries) + nationality, rng).astype(np.int16)


def _drawn(shares: dict[str, float], n: int, rng: np.random.Generator) -> pd.Categorical:
    table = np.array(list(shares.values()))[None, :]
    return pd.Categorical.from_codes(_pick(table, np.zeros(n, int), rng), list(shares))


def _pick(table: np.ndarray, row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each person, a column of the table, drawn with the weights of the person's row."""
    edges = np.cumsum(table, axis=1)
    draw = rng.random(len(row))
    found = np.zeros(len(row), np.int16)
    for place in np.unique(row):
        here = row == place
        # The last column that weighs anything also takes what rounding leaves above it.
        last = int(np.flatnonzero(table[place])[-1]) if table[place].any() else 0
        found[here] = np.minimum(np.searchsorted(edges[place] / edges[place, -1], draw[here], side="right"), last)
    return found


def trends_table(design: Design) -> pd.DataFrame:
    """The simulated curves: area_id, joinpoints, piece, first_year, last_year, apc (percent a year)."""
    rows = []
    for area, trend in design.trends.items():
        if not design.weights[area]:
            continue
        ends = [design.first_year, *trend.joinpoints, design.last_year]
        for piece, change in enumerate(trend.apc):
            rows.append((area, len(trend.joinpoints), piece + 1, ends[piece], ends[piece + 1], change))
    return pd.DataFrame(rows, columns=["area_id", "joinpoints", "piece", "first_year", "last_year", "apc"])


def corridors_table(design: Design, persons: pd.DataFrame) -> pd.DataFrame:
    """The simulated journeys: corridor, nationality, origin, transit, destination, weight, persons."""
    counts = np.bincount(persons["corridor"], minlength=len(design.corridors))
    rows = [
        (place + 1, way.nationality, way.origin, ">".join(way.transit), way.destination, way.weight, int(counts[place]))
        for place, way in enumerate(design.corridors)
        if design.weights[way.destination]
    ]
    return pd.DataFrame(
        rows, columns=["corridor", "nationality", "origin", "transit", "destination", "weight", "persons"]
    )


def journey(way: Corridor) -> str:
    """A journey in one text: SYR>TR-79>TR-27."""
    return ">".join(way.places)
