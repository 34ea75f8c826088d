"""Countries and languages as people write them in a table. Pure: no Django.

Codes of two and three letters, and names in the languages of the product and of its neighbours.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from contacts.words import fold

# ISO 3166: alpha-2, alpha-3, then names. English names of every country come from the time zone database.
_NAMES = """
AD AND Andorra
AO AGO Angola
AR ARG Argentina|Argentinien|Argentine
AT AUT Austria|Áustria|Österreich|Autriche
AU AUS Australia|Austrália|Australien|Australie
BE BEL Bélgica|Belgique|Belgien|België
BG BGR Bulgaria|Bulgária|Bulgarien|Bulgarie
BO BOL Bolivia|Bolívia|Bolivien|Bolivie
BR BRA Brasil|Brasilien|Brésil
CA CAN Canadá|Kanada
CH CHE Suiza|Suíça|Schweiz|Suisse|Svizzera
CL CHL Chile|Chili
CN CHN China|Chine
CO COL Colombia|Colômbia|Kolumbien|Colombie
CR CRI Costa Rica
CU CUB Cuba|Kuba
CV CPV Cabo Verde|Kap Verde|Cap-Vert
CY CYP Chipre|Zypern|Chypre
CZ CZE Chequia|República Checa|Tchéquia|República Tcheca|Tschechien|Tchéquie|Czechia
DE DEU Alemania|Alemanha|Deutschland|Allemagne
DK DNK Dinamarca|Dänemark|Danemark
DO DOM República Dominicana|Dominikanische Republik|République dominicaine
DZ DZA Argelia|Argélia|Algerien|Algérie
EC ECU Ecuador|Equador|Équateur
EE EST Estonia|Estônia|Estónia|Estland|Estonie
ES ESP España|Espanha|Spanien|Espagne|Espanya|Spagna
FI FIN Finlandia|Finlândia|Finnland|Finlande
FR FRA Francia|França|Frankreich
GB GBR Reino Unido|Gran Bretaña|Grã-Bretanha|Vereinigtes Königreich|Großbritannien|Royaume-Uni
GB UK United Kingdom|Great Britain|England|Inglaterra|Scotland|Escocia|Wales
GQ GNQ Guinea Ecuatorial|Guiné Equatorial
GR GRC Grecia|Grécia|Griechenland|Grèce
GT GTM Guatemala
HN HND Honduras
HR HRV Croacia|Croácia|Kroatien|Croatie
HU HUN Hungría|Hungria|Ungarn|Hongrie
IE IRL Irlanda|Irland|Irlande
IN IND India|Índia|Indien|Inde
IT ITA Italia|Itália|Italien|Italie
JP JPN Japón|Japão|Japan|Japon
LT LTU Lituania|Lituânia|Litauen|Lituanie
LU LUX Luxemburgo|Luxemburg
LV LVA Letonia|Letônia|Letónia|Lettland|Lettonie
MA MAR Marruecos|Marrocos|Marokko|Maroc
MT MLT Malta|Malte
MX MEX México|Mexiko|Mexique
MZ MOZ Moçambique|Mozambique
NI NIC Nicaragua
NL NLD Países Bajos|Holanda|Países Baixos|Niederlande|Pays-Bas|Nederland|Holland|The Netherlands
NO NOR Noruega|Norwegen|Norvège|Norge
PA PAN Panamá
PE PER Perú|Peru|Pérou
PL POL Polonia|Polônia|Polónia|Polen|Pologne|Polska
PR PRI Puerto Rico|Porto Rico
PT PRT Portugal
PY PRY Paraguay|Paraguai
RO ROU Rumanía|Rumania|Romênia|Roménia|Rumänien|Roumanie
RU RUS Rusia|Rússia|Russland|Russie|Russian Federation
SE SWE Suecia|Suécia|Schweden|Suède|Sverige
SI SVN Eslovenia|Eslovênia|Eslovénia|Slowenien|Slovénie
SK SVK Eslovaquia|Eslováquia|Slowakei|Slovaquie
SV SLV El Salvador
TR TUR Turquía|Turquia|Türkei|Turquie|Turkey|Türkiye
UA UKR Ucrania|Ucrânia|Ukraine
US USA Estados Unidos|Estados Unidos de América|EE. UU.|EEUU|EUA|Vereinigte Staaten|États-Unis
US USA United States|United States of America|U.S.A.|U.S.
UY URY Uruguay|Uruguai
VE VEN Venezuela
ZA ZAF Sudáfrica|África do Sul|Südafrika|Afrique du Sud
"""

# ISO 639-1 code, then the code of three letters and names.
_LANGUAGES = """
ar ara Arabic|Árabe
ca cat Catalan|Catalán|Català|Valencià|Valenciano
de deu ger German|Alemán|Alemão|Deutsch|Allemand
el ell Greek|Griego|Grego
en eng English|Inglés|Inglês|Englisch|Anglais
es spa Spanish|Español|Espanhol|Castellano|Spanisch|Espagnol
eu eus baq Basque|Euskera|Euskara|Vasco
fr fra fre French|Francés|Francês|Français|Französisch
gl glg Galician|Gallego|Galego
it ita Italian|Italiano|Italienisch|Italien
nl nld dut Dutch|Neerlandés|Holandés|Holandês|Nederlands
pl pol Polish|Polaco|Polski
pt por Portuguese|Portugués|Português|Portugiesisch|Portugais
ro ron rum Romanian|Rumano|Romeno|Română
ru rus Russian|Ruso|Russo
zh zho chi Chinese|Chino|Chinês
"""

_MARK = re.compile(r"[^\w\s]+")


def country_code(text: str) -> str:
    """The ISO 3166 code of two letters for a code or a name; "" when it is none that is known."""
    text = text.strip()
    if len(text) == 2 and text.isascii() and text.isalpha():
        code = text.upper()
        return code if code in _alpha2() else _countries().get(fold(text), "")
    return _countries().get(_plain(text), "")


def language_code(text: str) -> str:
    """The language as `Contact.language` has it: "es", "pt-br". "" when it is none that is known."""
    main, _separator, region = fold(text.strip()).replace("_", "-").partition("-")
    code = _languages().get(main) or (main if len(main) == 2 and main.isalpha() and main.isascii() else "")
    return f"{code}-{region}" if code and region.isalnum() and len(region) <= 4 else code


def _plain(text: str) -> str:
    return " ".join(_MARK.sub(" ", fold(text).replace(".", "")).split())


@lru_cache(maxsize=1)
def _alpha2() -> frozenset[str]:
    return frozenset(_english())


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    lines = files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t")[:2] for line in lines if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    codes = {_plain(name): code for code, name in _english().items()}
    for line in _NAMES.strip().splitlines():
        code, alpha3, names = line.split(" ", 2)
        codes |= {_plain(name): code for name in (alpha3, *names.split("|"))}
    return codes


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    codes: dict[str, str] = {}
    for line in _LANGUAGES.strip().splitlines():
        code, *others = line.split(" ")
        codes[code] = code
        codes |= {fold(name): code for word in others for name in word.split("|")}
    return codes
