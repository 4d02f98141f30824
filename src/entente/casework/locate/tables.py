"""Curated tables of what a place looks like, versioned as one; each names its source.

A country that a table does not name is *unknown* there: its likelihood is the world's mean, so it is
neither helped nor hurt. Shares marked *judged* are set by hand from the sources' words and are to be
replaced by counts from closed cases; ``docs/methods/locate.md`` lists them.

References
----------
IEC TR 60083 and IEC "World plugs" (socket types, nominal frequency); ISO 4217; ITU-T E.164; GS1 prefix list;
ISBN International (registration groups); Council of Europe and national road codes (driving side).
"""

from __future__ import annotations

TABLES_VERSION = "tables-5"


def _codes(text: str) -> frozenset[str]:
    """Return the words of ``text``: a table of codes stays a few lines that a person can read."""
    return frozenset(text.split())


# Socket types, the most installed first (judged from the order of the sources' remarks). Chile has C and L,
# not L alone; Italy installs L and, since 2000, F. Compared with the table of
# ``fluids`` 1.3.1 (MIT), country by country; Ethiopia and Eritrea stay unknown: their L was not confirmed.
SOCKETS_BY_TYPES = {
    "LFC": "IT SM VA",
    "CL": "CL",
    "FC": "DE AT NL SE NO FI ES PT HU RO BG HR SI RS BA ME MK AL XK GR TR UA BY RU KZ UZ KG TJ TM GE AM AZ "
    "MD LT LV EE IS LU AD KR DZ EG ID AF AW CV ST GW AO MZ TL SR MR",
    "EC": "FR BE PL CZ SK MC MA TN CM CI SN BJ BF BI CF CG CD TD GA GN ML NE TG DJ KM MG GP MQ GF RE YT "
    "PF NC PM GQ",
    "KFCE": "DK GL FO",
    "JC": "CH LI RW",
    "G": "GB IE MT CY GI IM JE GG HK SG MY BN AE QA BH KW OM KE UG    MW    GM MU SC SH FK SB VC GD LC DM KN",
    "GC": "SA JO LB MV",
    "DCM": "IN NP BT",
    "MNC": "ZA LS SZ",
    "HC": "IL PS",
    "I": "AU NZ PG FJ TO WS KI NR TV CK NU CX CC NF VU",
    "IC": "AR",
    "LIFC": "UY",
    "IAC": "CN",
    "AC": "BO VN KH LA",
    "AB": "US CA MX JP TW PH GT HN SV NI CR PA CO VE EC DO HT JM BS BM BZ TT PR VI GU AS MP "
    "MH FM PW KY TC VG AI LR BB AG MS",
    "NC": "BR PY",
    "CF": "IR MN",
    "LDC": "LY",
    "GD": "NG GH TZ ZW SL BW",
    "GDC": "ZM",
    "CDMG": "PK",
    "CDGK": "BD",
    "CDG": "IQ",
    "GAD": "YE",
    "GDM": "LK",
    "ABC": "PE CU",
    "CEL": "SY",
    "ACBO": "TH",
    "MD": "NA",
    "ABDG": "GY",
    "CDGF": "MM",
    "CD": "SD",
    "C": "SO",
}

# 60 Hz; all others of a named grid have 50. Japan is split at the Fuji and Itoi rivers (GeoNames admin-1).
HERTZ_60 = _codes(
    "US CA MX GT HN SV NI CR PA CO VE EC PE BR GY SR CU DO HT BS BM BZ TT PR VI GU AS MP MH FM PW KY TC "
    "VG AI KN MS AG KR TW PH SA LR AW SX MF BL"
)
HERTZ_UNKNOWN = _codes("AQ KP")  # the sources disagree on North Korea
# Prefectures on the eastern, 50 Hz grid, by name as in the world file.
JAPAN_50 = _codes(
    "Hokkaido Aomori Iwate Miyagi Akita Yamagata Fukushima Ibaraki Tochigi Gunma Saitama Chiba Tokyo "
    "Kanagawa Niigata Yamanashi Shizuoka"
)

DRIVES_LEFT = _codes(
    "GB IE MT CY IM JE GG IN PK BD NP BT LK MV TH MY SG BN ID TL JP HK MO AU NZ PG FJ SB TO WS KI NR TV "
    "CK NU NF CX CC PN ZA NA BW ZW ZM MW MZ TZ KE UG LS SZ MU SC SH FK JM BB TT BS BM KY TC VG VI AI AG "
    "DM GD KN LC MS VC GY SR"
)

# Currencies met as cash beside the national one; the official unit comes from the world file.
ALSO_PAID = {
    "USD": "EC SV PA PR GU VI TL ZW KH LB BS BZ LR FM MH PW TC VG BQ",
    "EUR": "ME XK AD MC SM VA AL BA RS CH HR BG",
    "CHF": "LI",
    "ZAR": "LS NA SZ",
    "INR": "BT NP",
    "AUD": "KI NR TV",
    "RUB": "BY",
    "TRY": "CY",
    "ILS": "PS",
}

# GS1 prefix ranges and the country of the registering body, which is not the place of use.
GS1 = (
    (0, 19, "US"), (30, 39, "US"), (60, 139, "US"), (300, 379, "FR"), (380, 380, "BG"),
    (383, 383, "SI"), (385, 385, "HR"), (387, 387, "BA"), (389, 389, "ME"), (390, 390, "XK"),
    (400, 440, "DE"), (450, 459, "JP"), (460, 469, "RU"), (470, 470, "KG"), (471, 471, "TW"),
    (474, 474, "EE"), (475, 475, "LV"), (476, 476, "AZ"), (477, 477, "LT"), (478, 478, "UZ"),
    (479, 479, "LK"), (480, 480, "PH"), (481, 481, "BY"), (482, 482, "UA"), (483, 483, "TM"),
    (484, 484, "MD"), (485, 485, "AM"), (486, 486, "GE"), (487, 487, "KZ"), (488, 488, "TJ"),
    (489, 489, "HK"), (490, 499, "JP"), (500, 509, "GB"), (520, 521, "GR"), (528, 528, "LB"),
    (529, 529, "CY"), (530, 530, "AL"), (531, 531, "MK"), (535, 535, "MT"), (539, 539, "IE"),
    (540, 549, "BE"), (560, 560, "PT"), (569, 569, "IS"), (570, 579, "DK"), (590, 590, "PL"),
    (594, 594, "RO"), (599, 599, "HU"), (600, 601, "ZA"), (603, 603, "GH"), (604, 604, "SN"),
    (608, 608, "BH"), (609, 609, "MU"), (611, 611, "MA"), (613, 613, "DZ"), (615, 615, "NG"),
    (616, 616, "KE"), (618, 618, "CI"), (619, 619, "TN"), (620, 620, "TZ"), (621, 621, "SY"),
    (622, 622, "EG"), (624, 624, "LY"), (625, 625, "JO"), (626, 626, "IR"), (627, 627, "KW"),
    (628, 628, "SA"), (629, 629, "AE"), (640, 649, "FI"), (690, 699, "CN"), (700, 709, "NO"),
    (729, 729, "IL"), (730, 739, "SE"), (740, 740, "GT"), (741, 741, "SV"), (742, 742, "HN"),
    (743, 743, "NI"), (744, 744, "CR"), (745, 745, "PA"), (746, 746, "DO"), (750, 750, "MX"),
    (754, 755, "CA"), (759, 759, "VE"), (760, 769, "CH"), (770, 771, "CO"), (773, 773, "UY"),
    (775, 775, "PE"), (777, 777, "BO"), (778, 779, "AR"), (780, 780, "CL"), (784, 784, "PY"),
    (786, 786, "EC"), (789, 790, "BR"), (800, 839, "IT"), (840, 849, "ES"), (850, 850, "CU"),
    (858, 858, "SK"), (859, 859, "CZ"), (860, 860, "RS"), (865, 865, "MN"), (867, 867, "KP"),
    (868, 869, "TR"), (870, 879, "NL"), (880, 880, "KR"), (884, 884, "KH"), (885, 885, "TH"),
    (888, 888, "SG"), (890, 890, "IN"), (893, 893, "VN"), (896, 896, "PK"), (899, 899, "ID"),
    (900, 919, "AT"), (930, 939, "AU"), (940, 949, "NZ"), (955, 955, "MY"), (958, 958, "MO"),
)  # fmt: skip

# Languages that belong to a part of a country: tag -> ((country, admin-1), share of what is written there).
REGIONAL_LANGUAGES = {
    "de": {("IT", "17"): 0.35, ("BE", "WAL"): 0.02},
    "fr": {("IT", "19"): 0.30, ("CA", "10"): 0.80, ("CH", "GE"): 0.85, ("CH", "VD"): 0.85, ("CH", "NE"): 0.88,
           ("CH", "JU"): 0.90, ("CH", "VS"): 0.63, ("CH", "FR"): 0.65,
           ("BE", "WAL"): 0.92, ("BE", "BRU"): 0.70},
    "it": {("CH", "TI"): 0.85},
    "nl": {("BE", "VLG"): 0.92, ("BE", "BRU"): 0.15},
    "ca": {("ES", "56"): 0.45, ("ES", "07"): 0.35, ("ES", "60"): 0.25},
    "eu": {("ES", "59"): 0.25},
    "gl": {("ES", "58"): 0.35},
}  # fmt: skip

# Which writing systems a language is met in, for text whose language nobody named. Latin is the rest.
SCRIPTS = {
    "Cyrl": "ru uk be bg sr mk kk ky tg mn",
    "Grek": "el",
    "Arab": "ar fa ur ps ku ckb ug sd",
    "Hebr": "he yi",
    "Hang": "ko",
    "Hira": "ja",
    "Kana": "ja",
    "Jpan": "ja",
    "Hani": "zh zh-Hant yue ja",
    "Deva": "hi mr ne",
    "Beng": "bn as",
    "Taml": "ta",
    "Telu": "te",
    "Gujr": "gu",
    "Guru": "pa",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Thai": "th",
    "Laoo": "lo",
    "Khmr": "km",
    "Mymr": "my",
    "Geor": "ka",
    "Armn": "hy",
    "Ethi": "am ti",
}
# Letters that few Latin-script languages use.
LETTERS = {
    "ß": "de", "ñ": "es gl eu", "¿": "es", "¡": "es", "ő": "hu", "ű": "hu",
    "ł": "pl", "ż": "pl mt", "ğ": "tr az", "ı": "tr az", "ș": "ro", "ț": "ro",
    "ř": "cs", "ů": "cs", "ľ": "sk", "ĺ": "sk", "đ": "hr bs sr vi", "å": "sv nb da fi no",
    "ø": "da nb no fo", "æ": "da nb no is fo", "þ": "is", "ð": "is fo", "õ": "pt et vi", "ã": "pt vi",
    "ė": "lt", "ų": "lt", "ģ": "lv", "ķ": "lv", "ħ": "mt", "œ": "fr",
    "ơ": "vi", "ư": "vi", "ə": "az", "ŵ": "cy", "ë": "sq nl fr lb",
}  # fmt: skip

# Hourly share of a person's posts by local time, from midnight; the low night is what carries the evidence.
# Shape after La Morgia et al., ICDCS 2018 (crowds): judged, flattened for single persons.
POSTING_BY_HOUR = (
    3.2, 1.9, 1.1, 0.8, 0.7, 0.8, 1.5, 2.6, 3.7, 4.3, 4.7, 4.9,
    5.1, 5.1, 5.0, 5.0, 5.1, 5.3, 5.6, 6.0, 6.5, 6.9, 6.5, 5.2,
)  # fmt: skip
POSTING_CAP = 12.0  # more posts of one person say no more: a wider count was right in 1 case of 4

# Share of observations of a kind that come from elsewhere than the place they are seen in (judged).
# The floor itself is derived: this share times how common the value is in the world.
FROM_ELSEWHERE = {
    "socket": 0.01,
    "mains_hz": 0.002,
    "driving_side": 0.01,
    "currency": 0.04,
    "phone_number": 0.05,
    "barcode": 0.55,  # the registering body serves a market, not a place
    "language": 0.10,
    "speech": 0.06,
    "text": 0.10,
    "utc_offset": 0.04,
    "ip_country": 0.08,
    "toponym": 0.20,
    "plate": 0.12,  # visitors' cars, and plates of films and collectors
    "holiday": 0.15,  # closed for a reason of its own, or a day that was misread
}

# Numbers on show at a place: of its own area code, of its division, of anywhere in its country (judged).
NUMBERS_OF = {"town": 0.60, "division": 0.25, "country": 0.15}

# How much of what is seen is closed on a public holiday, and on a day of weekly rest (judged).
CLOSED = {"holiday": 0.9, "rest": 0.5}

# Error rate of one clue by its evaluation (source grade, information grade): judged; an extractor's own
# measured reliability, where a clue carries one, replaces it.
ERROR_OF = {
    "A1": 0.01, "A2": 0.02, "A3": 0.04, "A4": 0.08,
    "B1": 0.03, "B2": 0.05, "B3": 0.08, "B4": 0.15,
    "C1": 0.15, "C2": 0.25, "C3": 0.35, "C4": 0.50,
    "X1": 0.05, "X2": 0.10, "X3": 0.15, "X4": 0.20,
}  # fmt: skip
# How often a whole source speaks of another place (figure of the reference).
SOURCE_ERROR = 0.08
# What is believed of all these declared figures together: (weight, so many times as often wrong). Judged: two
# to one that they hold, else errors are three times as many. No world of the coverage test stands here.
RELIABILITY = ((2 / 3, 1.0), (1 / 3, 3.0))

# What a partner says of a picture (judged): share of places that are recognised, and false recognition.
RECOGNISED = {"region": 0.70, "country": 0.85}
FALSE_YES = 0.05

# Addresses of hidden senders, by the country that their exit stands in (judged).
EXITS = {
    "US": 0.30,
    "NL": 0.15,
    "DE": 0.12,
    "GB": 0.08,
    "FR": 0.06,
    "CH": 0.05,
    "SE": 0.05,
    "RO": 0.04,
    "SG": 0.04,
}
