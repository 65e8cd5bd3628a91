"""The page of check codes for suppliers, in Dutch: what each means, why it is asked, and an example of it mended.

Texts of codes come from the code itself; reasons and examples stand here, and `tests/docs/test_checks.py` runs these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.adapters.bundle import bundle_directory, load_bundle
from sluis_client.files.faults import TEXTS as OWN_TEXTS
from sluis_client.files.faults import TO_CONFIRM, OwnFault
from sluis_client.wire import FaultCode, Severity
from sluis_client.wire.fault_texts import TEXTS

Code = FaultCode | OwnFault


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a code is there; for a code of one value also the column of the example, what is wrong and what is right."""

    why: str
    column: str = ""
    wrong: str = ""
    right: str = ""


_SECTIONS: Mapping[tuple[str, ...], tuple[str, str]] = {
    ("F00",): ("Het bestand", "Hierna wordt niets meer gecontroleerd: eerst moet het bestand te lezen zijn."),
    ("F01",): (
        "CSV",
        "`sluis-client` leest ook andere scheidingstekens en coderingen; zonder haar is dit de vorm.",
    ),
    ("F02",): ("JSON en NDJSON", "Een rij is een object met namen van kolommen en waarden."),
    ("F03",): ("Parquet", "Kolommen hebben een type; dat moet het type uit de definitie zijn."),
    ("F04",): (
        "De kolommen",
        "`sluis-client describe GEGEVENSSET` zegt welke. Heten ze bij u anders, gebruik dan `sluis-client map`.",
    ),
    ("F10",): ("Codes en periodes", "Elke fout wordt getoond bij haar rij en kolom."),
    ("F11",): ("Getallen", "Cijfers, een minteken ervoor als dat mag, en een punt voor decimalen."),
    ("F12",): ("Grenzen en typen", "De grenzen staan in de definitie, met de eenheid."),
    ("F13", "F140", "F141"): (
        "Tekst",
        "Tekst gaat over zorg, nooit over iemand. Wat op een persoon wijst, wordt geweigerd en niet herhaald.",
    ),
    ("F142", "F143", "F144", "F145"): ("Personen", "BSN's gaan nooit mee: `sluis-client` maakt er pseudoniemen van."),
    ("F20",): ("Rijen onderling", "Elke combinatie van sleutelkolommen komt één keer voor."),
    ("F30",): (
        "Alleen op uw computer: rekenbladen en schrijfwijzen",
        "De dienst ziet deze niet: zij krijgt wat uw computer ervan maakt.",
    ),
    ("F40",): (
        "Om te bevestigen",
        "Vragen, geen fouten. Klopt het cijfer, lever dan aan met `--reason`; de datasteward leest de reden.",
    ),
}
"""By the first characters of a code."""

EXPLAINED: Mapping[Code, Explained] = {
    FaultCode.EMPTY: Explained("Een lege levering zou als «niets te melden» gelezen kunnen worden."),
    FaultCode.NO_ROWS: Explained("Alleen een kopregel zegt niet of er niets was, of dat de export misging."),
    FaultCode.TOO_LARGE: Explained("De grens houdt één levering behapbaar voor wie haar controleert en bewaart."),
    FaultCode.TOO_MANY_ROWS: Explained(
        "Meer rijen dan combinaties die gevraagd zijn: vaak zijn het regels per cliënt of per dag."
    ),
    FaultCode.COMPRESSED: Explained("Een archief kan van alles bevatten, en uitgepakt veel groter zijn dan het lijkt."),
    FaultCode.OTHER_FORMAT: Explained(
        "De naam zegt het ene formaat, de inhoud is het andere: een van beide klopt niet."
    ),
    FaultCode.UTF16: Explained(
        "Excel bewaart «Unicode-tekst» zo; wordt het als UTF-8 gelezen, dan is elke waarde verminkt."
    ),
    FaultCode.NOT_UTF8: Explained("Letters met accenten zouden in andere veranderen."),
    FaultCode.NUL: Explained("Zulke bytes komen alleen voor in bestanden die afgebroken of geen tekst zijn."),
    FaultCode.DELIMITER: Explained(
        "Met een ander teken zou een decimale komma een nieuwe kolom beginnen, of andersom."
    ),
    FaultCode.RAGGED: Explained("Met een veld te veel of te weinig staan waarden onder de verkeerde kolom."),
    FaultCode.UNCLOSED_QUOTE: Explained("Alles erna zou bij deze ene waarde gaan horen."),
    FaultCode.STRAY_QUOTE: Explained("Waar de waarde eindigt, is dan niet zeker."),
    FaultCode.CARRIAGE_RETURN: Explained("Programma's zijn het niet eens of dit een nieuwe rij begint."),
    FaultCode.BLANK_ROW: Explained("Een lege rij midden in de gegevens is vaak een rij die wegviel."),
    FaultCode.ROW_TOO_LONG: Explained("Zo'n rij is er geen: het bestand heeft geen regeleinden, of is beschadigd."),
    FaultCode.BROKEN_JSON: Explained("Vanaf hier is niet te lezen wat bedoeld is."),
    FaultCode.NOT_AN_OBJECT: Explained("Zonder namen is niet te zeggen welke waarde bij welke kolom hoort."),
    FaultCode.DOUBLE_MEMBER: Explained("Het ene programma leest dan de eerste waarde, het andere de laatste."),
    FaultCode.TOO_DEEP: Explained("Een rij heeft alleen waarden, geen lijsten of objecten."),
    FaultCode.NOT_A_LIST: Explained("Één object is geen tabel; misschien staat de lijst een laag dieper."),
    FaultCode.BROKEN_PARQUET: Explained(
        "Het einde van een Parquet-bestand zegt wat erin staat, en dat ontbreekt of klopt niet."
    ),
    FaultCode.ENCRYPTED_PARQUET: Explained("De dienst heeft uw sleutel niet, en hoort die niet te hebben."),
    FaultCode.PARQUET_TYPE: Explained("Omzetten door een ander kan cijfers veranderen; dat doet wie de gegevens kent."),
    FaultCode.PARQUET_BOMB: Explained("Zoveel inhoud in zo'n klein bestand komt in gewone gegevens niet voor."),
    FaultCode.PARQUET_LIES: Explained("Aantallen en grootten die het bestand noemt, moeten die zijn die erin staan."),
    FaultCode.PARQUET_ENCODING: Explained(
        "Alleen gangbare coderingen worden gelezen, zodat elk programma hetzelfde leest."
    ),
    FaultCode.MISSING_COLUMN: Explained("Zonder deze kolom is de tabel niet te maken."),
    FaultCode.UNKNOWN_COLUMN: Explained("Niet meer gegevens dan nodig (AVG artikel 5, eerste lid, onder c)."),
    FaultCode.DOUBLE_COLUMN: Explained("Welke van de twee geldt, kan niemand weten."),
    FaultCode.MISSPELT_COLUMN: Explained("Er wordt niet geraden welke kolom u bedoelt, wel voorgesteld."),
    FaultCode.NO_HEADER: Explained("Zonder namen zou de eerste rij gegevens voor een kopregel doorgaan."),
    FaultCode.MISSING: Explained("Leeg kan nul, onbekend of vergeten zijn.", "beds", "", "0"),
    FaultCode.UNKNOWN_CODE: Explained(
        "Alleen wat in de codelijst staat, telt mee in een tabel.", "region", "S99", "S02"
    ),
    FaultCode.MISSPELT_CODE: Explained("Hoofdletters tellen mee.", "region", "s02", "S02"),
    FaultCode.CODE_NOT_VALID: Explained("Gebieden worden samengevoegd en hernoemd.", "region", "New", "S02"),
    FaultCode.OTHER_PERIOD: Explained("Elke ronde vraagt haar eigen periode.", "quarter", "2019Q3", "2019Q1"),
    FaultCode.NOT_A_NUMBER: Explained("De letter O in plaats van een nul is de bekendste.", "used", "9O", "9"),
    FaultCode.DECIMAL_COMMA: Explained("De komma scheidt in CSV al de kolommen.", "hours", '"1,5"', "1.5"),
    FaultCode.THOUSANDS: Explained(
        "1.234 is voor de een ruim duizend, voor de ander ruim één.", "used", '"1,234"', "1234"
    ),
    FaultCode.FOREIGN_DIGITS: Explained(
        "Ze zien er voor een mens gelijk uit, voor een programma niet.", "used", "１２", "12"
    ),
    FaultCode.EXPONENT: Explained("Excel kort lange getallen zo in.", "used", "1E+05", "100000"),
    FaultCode.NOT_FINITE: Explained("Vaak een deling door nul in een rekenblad.", "hours", "#DIV/0!", "2.5"),
    FaultCode.LEADING_ZERO: Explained(
        "Een AGB- of kostenplaatscode staat dan onder een getalkolom.", "used", "007", "7"
    ),
    FaultCode.NOT_WHOLE: Explained("Personen en bedden tellen heel.", "used", "1.5", "2"),
    FaultCode.TOO_BIG: Explained("Zo'n getal kan geen aantal of uur zijn.", "used", "9223372036854775808", "9"),
    FaultCode.TOO_FINE: Explained("Meer decimalen dan gemeten is.", "hours", "0.1234567", "0.123457"),
    FaultCode.BELOW_MINIMUM: Explained("Een aantal is nooit negatief.", "beds", "-1", "1"),
    FaultCode.ABOVE_MAXIMUM: Explained(
        "Vaak een verkeerde kolom, of uren waar dagen gevraagd zijn.", "beds", "1000001", "10"
    ),
    FaultCode.NUMBER_AS_TEXT: Explained('In JSON is `"9"` tekst en `9` een getal; alleen het tweede is een aantal.'),
    FaultCode.WRONG_TYPE: Explained("Ja of nee, een lijst of een ander type past niet in deze kolom."),
    FaultCode.SPACES: Explained("«S02 » en «S02» zijn voor een programma twee regio's.", "region", " S02", "S02"),
    FaultCode.CONTROL_CHARACTER: Explained("Zij verbergen tekst of keren haar om.", "remark", "a\u200bb", "ab"),
    FaultCode.FORMULA: Explained("Wie het bestand opent, zou de formule uitvoeren.", "remark", "=1+1", "twee"),
    FaultCode.TOO_LONG: Explained("Een toelichting is kort; een dossier hoort hier niet."),
    FaultCode.PATTERN: Explained("De definitie van de kolom zegt welke vorm.", "remark", "no!", "no"),
    FaultCode.NOT_A_PSEUDONYM: Explained("Een naam of eigen nummer is geen pseudoniem.", "person", "Jansen", ""),
    FaultCode.IDENTIFIER: Explained("Een BSN mag de dienst niet zien.", "remark", "zie 111222333", "zie toelichting"),
    FaultCode.AGB_CODE: Explained("Zij wijst één zorgverlener aan.", "remark", "zie AGB 94-012345", "zie behandelaar"),
    FaultCode.PHONE: Explained("Het is van iemand.", "remark", "bel 06-12345678", "bel de afdeling"),
    FaultCode.EMAIL: Explained("Het is van iemand.", "remark", "mail m.smit@example.nl", "mail de afdeling"),
    FaultCode.DATE: Explained(
        "Met een geboortedatum en een regio is iemand te vinden.", "remark", "geboren 12 maart 1985", "jaren tachtig"
    ),
    FaultCode.POSTCODE: Explained(
        "Met huisnummer is het één adres.", "remark", "woont op 1234 AB 12", "woont in de regio"
    ),
    FaultCode.NO_BSN: Explained("Van wat geen BSN is, kan geen pseudoniem worden gemaakt dat elders hetzelfde is."),
    FaultCode.WRONG_BSN: Explained("Een tikfout maakt van één persoon er twee."),
    FaultCode.NOBODY: Explained("Al wie onbekend is, zou als één persoon tellen."),
    FaultCode.OTHER_KEY: Explained("Onder een andere sleutel is dezelfde persoon een ander."),
    FaultCode.DOUBLE_ROW: Explained("Dezelfde rij zou twee keer tellen."),
    FaultCode.DOUBLE_KEY: Explained("Twee cijfers voor hetzelfde: welk van de twee geldt, weet alleen u."),
    OwnFault.NO_RESULT: Explained("Een programma dat het bestand schreef, liet het rekenen aan Excel over."),
    OwnFault.MERGED: Explained("Alleen de cel linksboven heeft dan een waarde; de rest zou leeg zijn."),
    OwnFault.DATE_CELL: Explained("Van een code als 1-2 maakt een rekenblad 1 februari."),
    OwnFault.OTHER_NOTATION: Explained(
        "Alle andere getallen zijn anders geschreven; dit ene zou een factor duizend schelen."
    ),
    OwnFault.HIDDEN_NAME: Explained("Wat de kolom is, is niet te zien, en weglaten mag een programma niet."),
    OwnFault.TOTAL_OFF: Explained("Er ontbreekt een rij, of er staat er een te veel."),
    OwnFault.OUTLIER: Explained("Een nul te veel of een verwisselde kolom valt zo op voordat het cijfer meetelt."),
    OwnFault.SUM_UNUSUAL: Explained("Elke rij lijkt gewoon, en samen zijn zij het niet."),
    OwnFault.UNCHANGED: Explained("Vaak is per ongeluk het bestand van de vorige ronde geleverd."),
}

_TOP = """
Wat `sluis-client check` en de dienst zeggen van een bestand, per code: wat er mis is en hoe u het verhelpt, in de
woorden van de melding, waarom ernaar gekeken wordt, en waar het kan een voorbeeld. Alle fouten van een bestand komen in
één keer. Een code verandert nooit van betekenis.

De codes van de gegevenssets zelf staan onderaan. Hoe u controleert, staat in [supplier.md](supplier.md).

(What each check code means, why it is asked and how to mend it. The messages come in English too.)
"""

_OF_DATA_SETS = """
Twee kolommen van één rij die samen niet kunnen (een *fout*), of zelden kunnen (een *waarschuwing*, die met de levering
meegaat). Kijk naar beide kolommen: welke van de twee niet klopt, zegt de code niet.
"""


def checks_page() -> Iterator[str]:
    """The parts of docs/checks.md."""
    yield "# Elke controlecode uitgelegd"
    yield _TOP
    for start, (title, about) in _SECTIONS.items():
        yield f"## {title}"
        yield about
        for code, explained in EXPLAINED.items():
            if code.startswith(start):
                yield from _one(code, explained)
    yield "## Controles van een gegevensset"
    yield _OF_DATA_SETS
    yield "\n".join(["| gegevensset | code | ernst | melding |", "| --- | --- | --- | --- |", *_of_data_sets()])


def _one(code: Code, explained: Explained) -> Iterator[str]:
    nl, en = TEXTS[code] if isinstance(code, FaultCode) else OWN_TEXTS[code]
    kind = " (te bevestigen)" if code in TO_CONFIRM else ""
    yield f"### {code}{kind}"
    yield f"{_plain(nl)} *{_plain(en)}*"
    if explained.column:
        example = f"Fout: `{explained.wrong}`. Goed: " if explained.wrong else "Fout: niets ingevuld. Goed: "
        right = f"`{explained.right}`." if explained.right else "leeg, of een pseudoniem."
        yield f"{explained.why} {example}{right}"
    else:
        yield explained.why


def _plain(text: str) -> str:
    """The message, with … for what is filled in from the file."""
    parts = text.replace("{{", "\0").replace("}}", "\1").split("{")
    filled = parts[0] + "".join("…" + part.partition("}")[2] for part in parts[1:])
    return filled.replace("\0", "{").replace("\1", "}")


def _of_data_sets() -> Iterator[str]:
    """A row for each check of the newest version of each data set."""
    catalogue = load_bundle(bundle_directory()).catalogue
    for name in sorted({found.id for found in catalogue.data_sets}):
        for check in catalogue.data_set(name).checks:
            severity = "fout" if check.severity == Severity.FATAL else "waarschuwing"
            yield f"| `{name}` | {check.code} | {severity} | {check.message.nl} *{check.message.en}* |"
