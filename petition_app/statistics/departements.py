"""The French départements: which one a postal code lies in, what they are called, and their places on a tile map."""

from __future__ import annotations

from dataclasses import dataclass

# fmt: off
NAMES = {
    "01": "Ain", "02": "Aisne", "03": "Allier", "04": "Alpes-de-Haute-Provence", "05": "Hautes-Alpes",
    "06": "Alpes-Maritimes", "07": "Ardèche", "08": "Ardennes", "09": "Ariège", "10": "Aube", "11": "Aude",
    "12": "Aveyron", "13": "Bouches-du-Rhône", "14": "Calvados", "15": "Cantal", "16": "Charente",
    "17": "Charente-Maritime", "18": "Cher", "19": "Corrèze", "2A": "Corse-du-Sud", "2B": "Haute-Corse",
    "21": "Côte-d’Or", "22": "Côtes-d’Armor", "23": "Creuse", "24": "Dordogne", "25": "Doubs", "26": "Drôme",
    "27": "Eure", "28": "Eure-et-Loir", "29": "Finistère", "30": "Gard", "31": "Haute-Garonne", "32": "Gers",
    "33": "Gironde", "34": "Hérault", "35": "Ille-et-Vilaine", "36": "Indre", "37": "Indre-et-Loire", "38": "Isère",
    "39": "Jura", "40": "Landes", "41": "Loir-et-Cher", "42": "Loire", "43": "Haute-Loire", "44": "Loire-Atlantique",
    "45": "Loiret", "46": "Lot", "47": "Lot-et-Garonne", "48": "Lozère", "49": "Maine-et-Loire", "50": "Manche",
    "51": "Marne", "52": "Haute-Marne", "53": "Mayenne", "54": "Meurthe-et-Moselle", "55": "Meuse", "56": "Morbihan",
    "57": "Moselle", "58": "Nièvre", "59": "Nord", "60": "Oise", "61": "Orne", "62": "Pas-de-Calais",
    "63": "Puy-de-Dôme", "64": "Pyrénées-Atlantiques", "65": "Hautes-Pyrénées", "66": "Pyrénées-Orientales",
    "67": "Bas-Rhin", "68": "Haut-Rhin", "69": "Rhône", "70": "Haute-Saône", "71": "Saône-et-Loire", "72": "Sarthe",
    "73": "Savoie", "74": "Haute-Savoie", "75": "Paris", "76": "Seine-Maritime", "77": "Seine-et-Marne",
    "78": "Yvelines", "79": "Deux-Sèvres", "80": "Somme", "81": "Tarn", "82": "Tarn-et-Garonne", "83": "Var",
    "84": "Vaucluse", "85": "Vendée", "86": "Vienne", "87": "Haute-Vienne", "88": "Vosges", "89": "Yonne",
    "90": "Territoire de Belfort", "91": "Essonne", "92": "Hauts-de-Seine", "93": "Seine-Saint-Denis",
    "94": "Val-de-Marne", "95": "Val-d’Oise", "971": "Guadeloupe", "972": "Martinique", "973": "Guyane",
    "974": "La Réunion", "975": "Saint-Pierre-et-Miquelon", "976": "Mayotte", "977": "Saint-Barthélemy",
    "978": "Saint-Martin", "986": "Wallis-et-Futuna", "987": "Polynésie française", "988": "Nouvelle-Calédonie",
}
# fmt: on

# Each where it is in the eyes of its neighbours; Corsica and what lies overseas beside them.
_MAP = """
971 972 973 .  .  .  .  62 59 .  .  .  .
974 976 975 .  .  76 60 80 02 08 57 .  .
977 978 .   50 14 27 95 75 93 51 55 67 .
986 987 22  35 61 78 92 94 77 10 54 88 .
988 29 56   53 72 28 45 91 89 52 70 68 .
.   .  .    44 49 37 41 18 58 21 25 90 .
.   .  .    85 79 86 36 23 03 71 01 39 .
.   .  .    17 16 87 19 63 42 69 73 74 .
.   .  .    .  33 24 46 15 43 26 38 05 .
.   .  .    .  40 47 82 12 48 07 84 04 .
.   .  .    .  64 32 31 81 34 30 13 06 .
.   .  .    .  .  65 09 11 66 .  83 .  2B
.   .  .    .  .  .  .  .  .  .  .  .  2A
"""

# The countries of the form whose postal codes are French ones.
_FRENCH = frozenset(("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "NC", "PF", "WF", "BL", "MF"))
# Islands that have a postal code of their département's, and are one of their own since.
_OWN = {"97133": "977", "97150": "978"}


@dataclass(frozen=True)
class Tile:
    """Where a département stands on the map: column and row, from 0."""

    code: str
    column: int
    row: int


TILES = tuple(
    Tile(code, column, row)
    for row, line in enumerate(_MAP.strip().splitlines())
    for column, code in enumerate(line.split())
    if code != "."
)
COLUMNS, ROWS = 1 + max(tile.column for tile in TILES), 1 + max(tile.row for tile in TILES)


def departement_of(postal_code: str, country: str) -> str:
    """The code of the département; "" where the country is not France or the code is none of its."""
    if country not in _FRENCH or len(postal_code) != 5 or not postal_code.isdigit():
        return ""
    if postal_code in _OWN:
        return _OWN[postal_code]
    if postal_code.startswith("20"):
        # Ajaccio's sorting office has 200 and 201, Bastia's all others.
        return "2A" if postal_code[2] in "01" else "2B"
    code = postal_code[:3] if postal_code[:2] in ("97", "98") else postal_code[:2]
    return code if code in NAMES else ""
