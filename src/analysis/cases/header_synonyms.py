"""Words by which sources head their columns and write their codes, in English, Turkish, Portuguese and French.

They serve the first draft of a mapping only: a person reads it before any record does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from analysis.cases import htcds
from analysis.intake.pseudonyms import fold

LANGUAGES = {"en": "English", "tr": "Turkish", "pt": "Portuguese", "fr": "French"}

# field -> language -> names of its column. Names that begin with "stop:" are places of a journey, by their role.
_HEADERS = {
    "record": {
        "en": "case number|case no|case id|cas_CaseID|record number|record id|file number|file no|reference",
        "tr": "dosya no|dosya numarası|tutanak no|çağrı no|kayıt no|vaka no|başvuru no|protokol no",
        "pt": "ficha|ficha n.º|auto n.º|número do processo|n.º do processo|nº processo|processo|número do caso|"
        "número de registo",
        "fr": "numéro de dossier|n° dossier|no dossier|numéro du cas|référence",
    },
    "given_name": {
        "en": "given name|first name|prs_FirstName|prs_First_Name",
        "tr": "ad|adı|isim|ismi|çocuğun adı",
        "pt": "nome próprio|primeiro nome",
        "fr": "prénom|prénoms|prénom(s)",
    },
    "family_name": {
        "en": "family name|surname|last name|prs_SecondName|prs_Second_Name",
        "tr": "soyad|soyadı|soyismi|çocuğun soyadı",
        "pt": "apelido|apelidos|sobrenome",
        "fr": "nom de famille|nom",
    },
    "full_name": {
        "en": "full name|name of the child|name of child|child name|child's name|child full name|name of victim|"
        "name of the victim|victim name|victim's name|name",
        "tr": "ad soyad|adı soyadı|adı ve soyadı|isim soyisim|çocuğun adı soyadı",
        "pt": "nome|nome completo|nome da criança|nome da vítima",
        "fr": "nom complet|prénom et nom|nom et prénom|nom et prénoms",
    },
    "phone": {
        "en": "phone|phone number|telephone|mobile|prs_MobilePhone",
        "tr": "telefon|telefon no|telefon numarası|cep telefonu|cep tel|tel",
        "pt": "telefone|telemóvel|número de telefone|contacto telefónico",
        "fr": "téléphone|numéro de téléphone|portable",
    },
    "document": {
        "en": "identity number|id number|document number|passport|passport number|prs_IdentityNumber",
        "tr": "kimlik no|kimlik numarası|tc kimlik no|t.c. kimlik no|yabancı kimlik no|pasaport no|ykn",
        "pt": "documento|número do documento|bilhete de identidade|cni|bi|passaporte|nº documento",
        "fr": "numéro de document|pièce d'identité|numéro de pièce d'identité|passeport|carte d'identité",
    },
    "birth": {
        "en": "date of birth|birth date|birthdate|dob|birth|prs_Birthdate",
        "tr": "doğum tarihi|doğum|d. tarihi|doğum yılı",
        "pt": "data de nascimento|nascimento|data nascimento|data nasc.|ano de nascimento",
        "fr": "date de naissance|naissance|né le|née le|année de naissance",
    },
    "detected": {
        "en": "date of detection|detection date|date detected|date identified|date of identification|intake date",
        "tr": "tespit tarihi|tespit|tarih tespit|çağrı tarihi|denetim tarihi|tespit edildiği tarih|ihbar tarihi|"
        "olay tarihi|başvuru tarihi|kabul tarihi",
        "pt": "data de deteção|deteção|data da visita|data da chamada|data da deteção|data de detecção|"
        "data de identificação|data da sinalização|data da denúncia",
        "fr": "date de détection|date d'identification|date de repérage|date d'accueil",
    },
    "reported": {
        "en": "date reported|report date|date of registration|registration date|date of entry",
        "tr": "kayıt tarihi|tarih kayıt|bildirim tarihi|sisteme giriş tarihi",
        "pt": "data de registo|data registo|data do registo|data de registro",
        "fr": "date d'enregistrement|date de saisie|date de signalement",
    },
    "exploited": {
        "en": "date exploitation began|start of exploitation|exploitation start|hte_Date",
        "tr": "sömürü başlangıcı|sömürü başlangıç|başlangıç|işe başlama|sömürü başlangıç tarihi|işe başlama tarihi|"
        "sömürünün başladığı tarih",
        "pt": "início|início da exploração|exploração início|data de início da exploração",
        "fr": "début de l'exploitation|date de début de l'exploitation",
    },
    "referred_in": {
        "en": "date of incoming referral|referred in|cas_IncomingReferralDate",
        "tr": "yönlendirilip geldiği tarih|geliş tarihi",
        "pt": "data de encaminhamento recebido|data do encaminhamento recebido",
        "fr": "date de référencement reçu|date d'orientation reçue",
    },
    "referred_out": {
        "en": "date of outgoing referral|referral date|referred out|cas_OutgoingReferralDate",
        "tr": "sevk tarihi|yönlendirme tarihi",
        "pt": "data de encaminhamento|data do encaminhamento",
        "fr": "date de référencement|date d'orientation",
    },
    "age": {
        "en": "age|age at detection",
        "tr": "yaş|yaşı|yaşı (tespit)",
        "pt": "idade",
        "fr": "âge",
    },
    "age_exploited": {
        "en": "age at exploitation|age when trafficked|vic_AgeWhenTrafficked",
        "tr": "sömürüldüğü yaş|sömürü yaşı|işe başlama yaşı",
        "pt": "idade na exploração|idade no início da exploração",
        "fr": "âge à l'exploitation|âge au début de l'exploitation",
    },
    "sex": {
        "en": "sex|gender|prs_Gender",
        "tr": "cinsiyet|cinsiyeti",
        "pt": "sexo|género|gênero",
        "fr": "sexe|genre",
    },
    "nationality": {
        "en": "nationality|citizenship|prs_Citizenship",
        "tr": "uyruk|uyruğu|vatandaşlık|tabiiyet|milliyet",
        "pt": "nacionalidade|cidadania",
        "fr": "nationalité|citoyenneté",
    },
    "area": {
        "en": "province|island|municipality|district|country of detection|place of detection|country|hte_State",
        "tr": "il|ili|şehir|tespit yeri|tespit edildiği il|bulunduğu il",
        "pt": "ilha|concelho|município|local de deteção|local da deteção|ilha de deteção",
        "fr": "province|région|île|commune|lieu de détection|pays",
    },
    "status": {
        "en": "status|trafficking status|victim status|vic_TraffickingStatus",
        "tr": "mağduriyet durumu|mağdur durumu|statü",
        "pt": "estatuto|estado da vítima|situação da vítima",
        "fr": "statut|statut de victime",
    },
    "exploitation": {
        "en": "exploitation|type of exploitation|form of exploitation|vic_TypeOfExploitation",
        "tr": "sömürü|sömürü türü|sömürü biçimi|sömürü şekli|istismar türü",
        "pt": "exploração|exploração tipo|tipo de exploração|forma de exploração",
        "fr": "exploitation|type d'exploitation|forme d'exploitation",
    },
    "sex_exploitation": {
        "en": "type of sexual exploitation|vic_TypeOfSexExploitation",
        "tr": "cinsel sömürü türü",
        "pt": "tipo de exploração sexual",
        "fr": "type d'exploitation sexuelle",
    },
    "sector": {
        "en": "sector|industry|economic sector|vic_ForcedLabourIndustry",
        "tr": "sektör|sektörü|iş kolu|çalıştığı sektör|çalıştırıldığı sektör",
        "pt": "setor|sector|setor de atividade|ramo de atividade",
        "fr": "secteur|secteur d'activité|branche",
    },
    "means_of_control": {
        "en": "means of control|methods of control|means|control|vic_MethodsOfControl|vic_Methods_of_Control",
        "tr": "kontrol|denetim araçları|kontrol yöntemi|kontrol yöntemleri|kontrol aracı|kontrol araçları",
        "pt": "meios de controlo|meios de controle|controlo|controle|meios",
        "fr": "moyens de contrôle|moyen de contrôle|contrôle|moyens",
    },
    "recruitment": {
        "en": "recruitment|method of recruitment|recruitment method|vic_MethodOfRecruitment",
        "tr": "kandırılma yolu|temin yöntemi|işe alınma yolu|işe alım yöntemi",
        "pt": "recrutamento|forma de recrutamento|meio de recrutamento|aliciamento",
        "fr": "recrutement|mode de recrutement",
    },
    "recruiter": {
        "en": "recruiter|relationship to trafficker|relation to recruiter|vic_RelationshipToTrafficker",
        "tr": "faille yakınlığı|faille ilişkisi|aracı|temin eden",
        "pt": "recrutador|relação com o traficante|relação com o recrutador|aliciador",
        "fr": "recruteur|relation avec le trafiquant|lien avec le recruteur",
    },
    "stop:origin": {
        "en": "origin|place of origin|country of origin|coming from",
        "tr": "geldiği yer|geldiği ülke|geldiği il|menşe|menşe ülke",
        "pt": "origem|local de origem|país de origem|ilha de origem|proveniência",
        "fr": "origine|lieu d'origine|pays d'origine|provenance",
    },
    "stop:recruitment": {
        "en": "place of recruitment|vic_LocationOfRecruitment",
        "tr": "temin edildiği yer",
        "pt": "local de recrutamento|local de aliciamento",
        "fr": "lieu de recrutement",
    },
    "stop:transit": {
        "en": "transit|route|transit places",
        "tr": "güzergâh|güzergah|transit|geçtiği yerler|geçiş yeri",
        "pt": "trânsito|itinerário|percurso|rota",
        "fr": "transit|itinéraire|trajet",
    },
    "stop:exploitation": {
        "en": "place of exploitation|vic_LocationOfExploitation",
        "tr": "sömürü yeri|çalıştırıldığı yer|sömürüldüğü yer",
        "pt": "local de exploração|local da exploração|ilha de exploração",
        "fr": "lieu d'exploitation",
    },
    "stop:return": {
        "en": "place of return",
        "tr": "döndüğü yer|dönüş yeri",
        "pt": "local de retorno|destino de retorno",
        "fr": "lieu de retour",
    },
}
# Columns of a repeat group of journeys: its own words for role, place and date.
_STOP_COLUMNS = {
    "role": "role|rol|papel|rôle|tür|tip|tipo|type",
    "place": "place|yer|yeri|local|lugar|lieu|il|ilha|location",
    "date": "date|tarih|data|tarihi",
}
# Persons who are not the one whom the row is about. What such a column holds would name them: it stays outside, and so
# does all that a form asks in a group of theirs (mother/name). Words, as they stand in a header.
_OTHERS = (
    "interviewer|görüşmeci|görüşen|entrevistador|entrevistadora|enquêteur|enquêtrice|enumerator|enum|surveyor|collector|"
    "anketör|inquiridor|inquiridora|supervisor|caseworker|officer|staff|personel|memur|görevli|técnico|agent|"
    "mother|father|anne|annesi|baba|babası|mãe|pai|mère|père|guardian|veli|vasi|tutor|tuteur|sibling|kardeş|irmão|"
    "trafficker|suspect|şüpheli|fail|suspeito|suspeita|arguido|traficante|agressor|trafiquant|auteur|employer|"
    "işveren|patron"
)
# What is never needed, or would show where a person lives.
_LEFT_OUT = (
    "notes|note|notlar|not|notas|observações|observation|observations|açıklama|açıklamalar|remarks|comments|comment|"
    "commentaires|descrição|description|özet|resumo|summary|résumé|hikaye|narrative|history|relato|relatório|"
    "gps|konum|koordinat|coordinates|coordenadas|coordonnées|latitude|longitude|altitude|precision|enlem|boylam|"
    "geolocation|"
    "deviceid|device|cihaz|imei|subscriberid|simserial|phonenumber|username|uuid|instanceid|instancename|rootuuid|"
    "address|adres|adresi|endereço|morada|adresse|street|sokak|mahalle|rua|bairro|email|e-posta|posta|mail|courriel|"
    "photo|fotoğraf|foto|picture|image|signature|imza|assinatura|audio|facebook|instagram|whatsapp|"
    "start|end|today|version|submission|submitted|validation|tags|attachments|parent|"
    # Fields of the Human Trafficking Case Data Standard that say nothing of what is analysed, or would name persons.
    "consent|salutation|title|homephone|mailingcity|mailingcountry|mailingstate|mailingstreet|mailingpostalcode|"
    "traffickingstatusdecisionmakingorg|caseowner|referringorganisation|referredorganisation|"
    "referringprimarycaseworker|referredprimarycaseworker|reasonforincomingreferral|reasonforoutgoingreferral|"
    "incomingreferraldetails|outgoingreferraldetails|reasonforcaseclosure|detailsofvulnerabilities"
)
# Who a question is about, where several of a form ask for a name or an age.
_CHILD = (
    "child|childs|children|victim|victims|survivor|minor|çocuk|çocuğun|mağdur|mağdurun|criança|menor|vítima|"
    "enfant|mineur|victime"
)
# Names that may mean a field where no other column does.
_VAGUE = {
    "detected": {"en": "date", "tr": "tarih|olay tarih", "pt": "data", "fr": "date"},
    "exploitation": {
        "en": "form|forms|type of crime",
        "tr": "suç türü|suç",
        "pt": "forma|formas",
        "fr": "forme|formes",
    },
}
# Columns that KoboToolbox adds to an export, and the questions of XLSForm that the device answers by itself
# (support.kobotoolbox.org/metadata_xls.html): of the form, never of a person.
KOBO_RECORD, KOBO_REPORTED = "_id", "_submission_time"
_KOBO = frozenset(
    f"{KOBO_RECORD} {KOBO_REPORTED} _uuid _validation_status _notes _status _submitted_by __version__ _version_ _tags "
    "_index _parent_index _parent_table_name _attachments _geolocation _xform_id_string _bamboo_dataset_id "
    "_media_all_received instanceid".split()
)
_KOBO_GROUPS = ("_submission_", "meta/", "formhub/", "_version_")
_DEVICE = frozenset(
    [
        *("start", "end", "today", "deviceid", "username", "phonenumber", "simserial", "subscriberid"),
        *("audit", "background-audio", "start-geopoint"),
    ]
)

_WORDS = {
    "sex": {
        "female": "k|kız|kadın|kız çocuk|kız çocuğu|f|feminino|mulher|menina|rapariga|féminin|femme|fille",
        "male": "e|erkek|oğlan|erkek çocuk|m|masculino|homem|menino|rapaz|masculin|homme|garçon|h",
        "other": "diğer|outro|autre",
    },
    "status": {
        "PossibleVictimOfTrafficking": "olası mağdur|muhtemel mağdur|potansiyel mağdur|possível vítima|"
        "vítima presumida|presumível vítima|vítima potencial|victime présumée|victime potentielle|potential victim|"
        "presumed victim|possible victim",
        "ActualVictimOfTrafficking": "mağdur|tespitli mağdur|vítima|vítima confirmada|vítima identificada|victime|"
        "victime identifiée|victime confirmée|victim|identified victim|confirmed victim",
        "NotAVictimOfTrafficking": "mağdur değil|não vítima|não é vítima|pas victime|non victime|not a victim",
    },
    "exploitation": {
        "ForcedLabour": "zorla çalıştırma|zorla çalıştırılma|zorla çalışma|trabalho forçado|travail forcé|forced labor",
        "SexualExploitation": "cinsel sömürü|exploração sexual|exploitation sexuelle",
        "ChildLabour": "çocuk işçiliği|çocuk işçi|trabalho infantil|travail des enfants|child labor",
        "ForcedMarriage": "zorla evlendirme|zorla evlilik|casamento forçado|mariage forcé",
        "Servitude": "kulluk|servidão|ev içi kulluk|servidão doméstica|servitude domestique|domestic servitude",
        "OrganRemoval": "organ alınması|organ ticareti|remoção de órgãos|prélèvement d'organes",
        "ForcedBegging": "dilendirme|dilencilik|zorla dilendirme|mendicidade|mendicidade forçada|mendicité|"
        "mendicité forcée|begging",
        "ForcedAdoption": "zorla evlat edindirme|adoção forçada|adoption forcée",
        "Other": "diğer|outro|outra|outros|autre|autres",
    },
    "sex_exploitation": {
        "Prostitution": "fuhuş|prostituição",
        "Pornography": "pornografi|müstehcenlik|pornografia|pornographie",
    },
    "sector": {
        "A": "tarım|agricultura e pesca|mevsimlik tarım|hayvancılık|balıkçılık|agricultura|pesca|pecuária|agriculture|"
        "pêche|élevage|farming|fishing",
        "B": "madencilik|maden|mineração|minas|mines|mining|orpaillage",
        "C": "imalat|tekstil|indústria transformadora|têxtil|textile|manufacturing|industrie manufacturière",
        "F": "inşaat|construção|construção civil|construction|bâtiment",
        "G": "ticaret|comércio|commerce|trade",
        "H": "ulaştırma|transportes|transport",
        "I": "konaklama|otel|lokanta|restoran|hotelaria|restauração|hôtellerie|restauration|hotel|restaurant",
        "T": "ev işleri|ev hizmetleri|ev işi|trabalho doméstico|travail domestique|domestic work",
    },
    "means_of_control": {
        "PhysicalThreats": "tehdit|fiziksel tehdit|ameaça|ameaças|ameaças físicas|menaces|menaces physiques|threats",
        "DebtBondage": "borç|borçlandırma|dívida|servidão por dívida|dette|servitude pour dettes|debt",
        "FalsePromises": "aldatma|sahte vaat|yalan vaat|kandırma|promessas|falsas promessas|promessas falsas|"
        "fausses promesses",
        "PhysicalAbuse": "fiziksel şiddet|fiziksel istismar|violência física|abuso físico|violence physique",
        "SexualAbuse": "sexual|cinsel istismar|cinsel şiddet|abuso sexual|violência sexual|abus sexuel|"
        "violence sexuelle",
        "TakesEarnings": "ücrete el koyma|kazanca el koyma|kazancına el koyma|retenção do salário|retenção de ganhos|"
        "ganhos|kazanç|retenção de salário|confiscation du salaire",
        "PsychologicalAbuse": "psikolojik|psicológica|psikolojik şiddet|psikolojik baskı|violência psicológica|"
        "violence psychologique",
        "PsychoactiveSubstance": "uyuşturucu|drogas|drogues|drugs",
        "ExcessiveWorkingHours": "aşırı çalışma|aşırı çalışma saatleri|uzun çalışma saatleri|horas excessivas|"
        "horaires excessifs",
        "WithholdsDocuments": "belgelere el koyma|belgelerine el koyma|belge|kimliğe el koyma|evrak|"
        "retenção de documentos|documentos|confiscation de documents",
        "WithholdsNecessities": "aç bırakma|privação de bens essenciais|privation",
        "Other": "diğer|outro|outros|autre|autres",
        "None": "yok|hiçbiri|nenhum|nenhuma|aucun|none",
    },
    "recruitment": {
        "AtWork": "işyerinde|iş yeri|trabalho|no trabalho|au travail",
        "ThroughOnlineSocialNetworks": "sosyal medya|redes sociais|réseaux sociaux|social media",
        "ThroughAnOnlineAdvertisement": "internet ilanı|anúncio na internet|annonce en ligne",
        "ThroughFamilyOrFamilyEvents": "aile|akraba|família|famille|family",
        "ThroughFriendsOrSocialEvents": "arkadaş|amigos|amis|friends",
        "Other": "diğer|outro|outros|autre|autres",
    },
    "recruiter": {
        "Familial": "aile|akraba|anne baba|família|familiar|famille|family|relative",
        "Acquainted": "tanıdık|arkadaş|komşu|conhecido|conhecida|amigo|vizinho|connaissance|ami|voisin|friend",
        "Unaquainted": "yabancı|tanımadığı biri|estranho|étranger|stranger",
    },
    "role": {
        "origin": "çıkış|cikis|kalkış|geldiği yer|origem|origine|saída|départ",
        "recruitment": "temin|recrutamento|recrutement",
        "transit": "geçiş|gecis|trânsito|passagem|passage",
        "exploitation": "sömürü|somuru|exploração|destino|destination",
        "detection": "tespit|deteção|détection",
        "return": "dönüş|donus|retorno|retour",
    },
}
# What stands after the number of an age.
_UNITS = {
    "years": "years|year|yrs|yr|y|y/o|yo|y.o.|years old|year old|yaş|yaşında|yas|yaşındadır|yıl|anos|ano|anos de idade|"
    "ans|an|ans révolus|année|années|a",
    "months": "months|month|mths|mth|mo|mos|m|months old|ay|aylık|ayda|meses|mês|mes|mois",
    "weeks": "weeks|week|wks|wk|weeks old|hafta|haftalık|semanas|semana|semaines|semaine",
    "days": "days|day|days old|gün|günlük|dias|dia|jours|jour",
}
# What says that nothing is known; in a column of recruiters the same words can mean a stranger.
_UNKNOWN = (
    "bilinmiyor|bilinmeyen|belirtilmemiş|belirtilmedi|belirsiz|desconhecido|desconhecida|não informado|não sabe|"
    "n/d|s/i|"
    "ignorado|sem informação|inconnu|inconnue|non renseigné|nsp|ne sait pas|unknown|not stated|not known|n/a|"
    "not available"
)
# Signs that are written where there is nothing to write.
_NOT_STATED = frozenset(["-", "--", "–", "—", "?", ".", "…", "/"])


@dataclass(frozen=True)
class Guess:
    """What the name of a column makes one think: a field (or ``stop:`` and a role), or that it is left out.

    `sure` where the whole name is known and means one field, not only a part of it.
    """

    field: str = ""
    sure: bool = False
    language: str = ""
    left_out: bool = False


def _split(words: str) -> Iterator[str]:
    for word in words.split("|"):
        yield fold(word)


@cache
def _by_header(vague: bool = False) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for field, languages in (_VAGUE if vague else _HEADERS).items():
        for language, words in languages.items():
            for word in _split(words):
                found.setdefault(word, (field, language))
    return found


@cache
def _set_of(words: str) -> frozenset[str]:
    return frozenset(_split(words))


def guess(header: str) -> Guess:
    """The field that a column with this name holds: by the whole name, or else by the longest known name within it."""
    name = fold(header)
    if name in _by_header():
        field, language = _by_header()[name]
        return Guess(field, True, language)
    words = name.split()
    if (_set_of(_LEFT_OUT) | _set_of(_OTHERS)) & set(words):
        return Guess(left_out=True)
    for length in range(len(words) - 1, 0, -1):
        for start in range(len(words) - length + 1):
            part = " ".join(words[start : start + length])
            if len(part) > 2 and part in _by_header():
                field, language = _by_header()[part]
                return Guess(field, False, language)
    field, language = _by_header(vague=True).get(name, ("", ""))
    return Guess(field, False, language)


def of_others(group: str) -> bool:
    """Whether a group of questions is about somebody else than the person of the row: an interviewer, a mother."""
    return bool(_set_of(_OTHERS) & set(fold(group).split()))


def of_child(header: str) -> bool:
    """Whether the name of a column, or of its group, says that it is about the child or the victim."""
    return bool(_set_of(_CHILD) & set(fold(header).split()))


def of_kobo(headers: Sequence[str]) -> list[str]:
    """The columns that KoboToolbox has added to an export, or the device has filled in; none in any other file."""
    own = [name for name in headers if name.lower() in _KOBO or name.lower().startswith(_KOBO_GROUPS)]
    device = [name for name in headers if own and name.rpartition("/")[2].lower() in _DEVICE]
    return [name for name in headers if name in own or name in device]


def stop_column(header: str) -> str:
    """Whether a column of a repeat group of journeys holds the ``role``, ``place`` or ``date`` of a stop, or ""."""
    words = set(fold(header).split())
    return next((part for part, names in _STOP_COLUMNS.items() if words & set(_split(names))), "")


@cache
def _by_word(field: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, words in _WORDS.get(field, {}).items():
        found |= {word: code for word in _split(words)}
    known = htcds.FIELDS.get(field)
    codes = (known.codes if known else htcds.ROLES) or {}
    found |= {fold(label): name for name, label in codes.items()} | {fold(name): name for name in codes}
    if known and known.other_words:
        found |= {fold(word): name for word, name in known.other_words.items()}
    return found


def code(field: str, text: str) -> str | None:
    """The code of a field that a text of a cell may stand for; None where there is no guess."""
    # "A - Tarım" names the section of ISIC.
    section = re.match(r"([A-U])\s*[-–.:]\s*\w{2}", text) if field == "sector" else None
    return section[1] if section else _by_word(field).get(fold(text))


@cache
def _by_unit() -> dict[str, str]:
    return {word: unit for unit, words in _UNITS.items() for word in _split(words)}


def unit(word: str) -> str:
    """What the number before a word counts, one of `mapping.UNITS`; "" where the word is not known."""
    return _by_unit().get(fold(word), "")


@cache
def _unknown() -> frozenset[str]:
    return frozenset(_split(_UNKNOWN))


def says_unknown(text: str) -> bool:
    """Whether a text that is not blank says that nothing is known: a word for it, or one of a few signs.

    Other signs are answers, such as + or ✓, of which nobody has said what they mean.
    """
    return text.strip() in _NOT_STATED or fold(text) in _unknown()


def is_sign(text: str) -> bool:
    """Whether a text has neither a letter nor a digit."""
    return bool(text.strip()) and not fold(text)
