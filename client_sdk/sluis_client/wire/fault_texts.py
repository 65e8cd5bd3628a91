"""The one table of faults: stable code -> what is wrong and how to mend it, in Dutch and English.

A code is never given another meaning; a fault that no longer exists leaves its number unused. A check of a data set
reports under its own code with the message of the definition.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class FaultCode(StrEnum):
    """Codes by subject: F0 the file, F1 a value, F2 a row among the others."""

    EMPTY = "F001"
    NO_ROWS = "F002"
    TOO_LARGE = "F003"
    TOO_MANY_ROWS = "F004"
    COMPRESSED = "F005"
    OTHER_FORMAT = "F006"
    UTF16 = "F007"
    NOT_UTF8 = "F008"
    NUL = "F009"
    DELIMITER = "F010"
    RAGGED = "F011"
    UNCLOSED_QUOTE = "F012"
    STRAY_QUOTE = "F013"
    CARRIAGE_RETURN = "F014"
    BLANK_ROW = "F015"
    ROW_TOO_LONG = "F016"
    BROKEN_JSON = "F020"
    NOT_AN_OBJECT = "F021"
    DOUBLE_MEMBER = "F022"
    TOO_DEEP = "F023"
    NOT_A_LIST = "F024"
    BROKEN_PARQUET = "F030"
    ENCRYPTED_PARQUET = "F031"
    PARQUET_TYPE = "F032"
    PARQUET_BOMB = "F033"
    PARQUET_LIES = "F034"
    PARQUET_ENCODING = "F035"
    MISSING_COLUMN = "F040"
    UNKNOWN_COLUMN = "F041"
    DOUBLE_COLUMN = "F042"
    MISSPELT_COLUMN = "F043"
    NO_HEADER = "F044"

    MISSING = "F100"
    UNKNOWN_CODE = "F101"
    MISSPELT_CODE = "F102"
    CODE_NOT_VALID = "F103"
    OTHER_PERIOD = "F104"
    NOT_A_NUMBER = "F110"
    DECIMAL_COMMA = "F111"
    THOUSANDS = "F112"
    FOREIGN_DIGITS = "F113"
    EXPONENT = "F114"
    NOT_FINITE = "F115"
    LEADING_ZERO = "F116"
    NOT_WHOLE = "F117"
    TOO_BIG = "F118"
    TOO_FINE = "F119"
    BELOW_MINIMUM = "F120"
    ABOVE_MAXIMUM = "F121"
    NUMBER_AS_TEXT = "F122"
    WRONG_TYPE = "F123"
    SPACES = "F130"
    CONTROL_CHARACTER = "F131"
    FORMULA = "F132"
    TOO_LONG = "F133"
    PATTERN = "F134"
    NOT_A_PSEUDONYM = "F135"
    IDENTIFIER = "F136"
    AGB_CODE = "F137"
    PHONE = "F138"
    EMAIL = "F139"
    DATE = "F140"
    POSTCODE = "F141"
    NO_BSN = "F142"
    WRONG_BSN = "F143"
    NOBODY = "F144"
    OTHER_KEY = "F145"

    DOUBLE_ROW = "F201"
    DOUBLE_KEY = "F202"


_TEXTS: dict[FaultCode, tuple[str, str]] = {
    FaultCode.EMPTY: (
        "Het bestand is leeg. Controleer of de export gelukt is.",
        "The file is empty. See whether the export succeeded.",
    ),
    FaultCode.NO_ROWS: (
        "Er zijn geen rijen. Lever ten minste één rij; is er niets te melden, neem dan contact op.",
        "There are no rows. Deliver at least one row; if there is nothing to report, get in touch.",
    ),
    FaultCode.TOO_LARGE: (
        "De inhoud is groter dan {limit} bytes. Lever alleen de gevraagde kolommen en periode, of kies Parquet.",
        "The content is larger than {limit} bytes. Deliver only the columns and period asked for, or use Parquet.",
    ),
    FaultCode.TOO_MANY_ROWS: (
        "Er zijn meer dan {limit} rijen. Lever alleen de gevraagde periode, op het gevraagde niveau.",
        "There are more than {limit} rows. Deliver only the period asked for, at the level asked for.",
    ),
    FaultCode.COMPRESSED: (
        "Het bestand is ingepakt of een archief ({found}). Pak het uit en lever de inhoud.",
        "The file is compressed or an archive ({found}). Unpack it and deliver what is inside.",
    ),
    FaultCode.OTHER_FORMAT: (
        "Dit is geen {expected} maar {found}. Kies het juiste formaat of sla het bestand op als {expected}.",
        "This is not {expected} but {found}. Name the right format or save the file as {expected}.",
    ),
    FaultCode.UTF16: (
        "Het bestand staat in UTF-16. Sla het op als UTF-8 (in Excel: «CSV UTF-8»).",
        "The file is in UTF-16. Save it as UTF-8 (in Excel: “CSV UTF-8”).",
    ),
    FaultCode.NOT_UTF8: (
        "Deze rij is geen UTF-8, waarschijnlijk Windows-1252. Sla het bestand op als UTF-8 (in Excel: «CSV UTF-8»).",
        "This row is not UTF-8, probably Windows-1252. Save the file as UTF-8 (in Excel: “CSV UTF-8”).",
    ),
    FaultCode.NUL: (
        "Deze rij bevat NUL-bytes: het bestand is beschadigd of geen tekst. Maak de export opnieuw.",
        "This row has NUL bytes: the file is damaged or no text. Export it again.",
    ),
    FaultCode.DELIMITER: (
        "De kolommen zijn gescheiden door {found}. Gebruik een komma, en een punt in decimale getallen.",
        "The columns are separated by {found}. Use a comma, and a point in decimal numbers.",
    ),
    FaultCode.RAGGED: (
        "Deze rij heeft {found} velden, de kop {expected}. Zet tekst met een komma erin tussen aanhalingstekens.",
        "This row has {found} fields, the header {expected}. Put text that holds a comma between double quotes.",
    ),
    FaultCode.UNCLOSED_QUOTE: (
        "Een aanhalingsteken wordt niet op dezelfde regel gesloten. Sluit het; een waarde heeft geen regeleinden.",
        "A quote is not closed on the same line. Close it; a value holds no line breaks.",
    ),
    FaultCode.STRAY_QUOTE: (
        "Een aanhalingsteken staat midden in een veld. Zet het hele veld tussen aanhalingstekens en verdubbel dit.",
        "A quote stands inside a field. Put the whole field between quotes and double this one.",
    ),
    FaultCode.CARRIAGE_RETURN: (
        "Hier staat een regeleinde CR zonder LF. Gebruik LF of CR LF als regeleinde.",
        "Here is a line end CR without LF. Use LF or CR LF to end lines.",
    ),
    FaultCode.BLANK_ROW: (
        "Deze rij is leeg. Verwijder de rij.",
        "This row is blank. Remove the row.",
    ),
    FaultCode.ROW_TOO_LONG: (
        "Na {limit} bytes is er nog geen einde van een rij. Zet elke rij op een eigen regel.",
        "After {limit} bytes there is no end of a row yet. Put each row on a line of its own.",
    ),
    FaultCode.BROKEN_JSON: (
        "Hier staat geen geldige JSON (teken {position}). Maak de export opnieuw met een JSON-bibliotheek.",
        "This is not valid JSON (character {position}). Export it again by a JSON library.",
    ),
    FaultCode.NOT_AN_OBJECT: (
        "Deze rij is geen JSON-object. Schrijf elke rij als één object op één regel.",
        "This row is no JSON object. Write each row as one object on one line.",
    ),
    FaultCode.DOUBLE_MEMBER: (
        "Deze rij noemt een veld twee keer. Laat één ervan weg.",
        "This row names a field twice. Leave one of them out.",
    ),
    FaultCode.TOO_DEEP: (
        "De JSON is dieper genest dan een rij kan zijn. Lever platte objecten.",
        "The JSON is nested deeper than a row can be. Deliver flat objects.",
    ),
    FaultCode.NOT_A_LIST: (
        "De inhoud is geen JSON-lijst van rijen. Schrijf de rijen als [{{...}}, {{...}}].",
        "The content is no JSON list of rows. Write the rows as [{{...}}, {{...}}].",
    ),
    FaultCode.BROKEN_PARQUET: (
        "Het Parquet-bestand is beschadigd of afgebroken. Maak de export opnieuw en lever het hele bestand.",
        "The Parquet file is damaged or truncated. Export it again and deliver the whole file.",
    ),
    FaultCode.ENCRYPTED_PARQUET: (
        "Het Parquet-bestand is versleuteld. Lever het zonder versleuteling: de verbinding en de opslag zijn dat al.",
        "The Parquet file is encrypted. Deliver it without: connection and storage are encrypted already.",
    ),
    FaultCode.PARQUET_TYPE: (
        "Deze kolom heeft type {found}; verwacht is {expected}. Zet de kolom om voor de export.",
        "This column has type {found}; expected is {expected}. Convert the column before the export.",
    ),
    FaultCode.PARQUET_BOMB: (
        "Uitgepakt is het bestand groter dan {limit} bytes. Lever alleen de gevraagde kolommen en periode.",
        "Unpacked, the file is larger than {limit} bytes. Deliver only the columns and period asked for.",
    ),
    FaultCode.PARQUET_LIES: (
        "De inhoud van het Parquet-bestand klopt niet met wat het over zichzelf zegt. Maak de export opnieuw.",
        "The content of the Parquet file is not what it says of itself. Export it again.",
    ),
    FaultCode.PARQUET_ENCODING: (
        "Deze kolom gebruikt een codering die hier niet gelezen wordt. Schrijf Parquet met standaardinstellingen.",
        "This column uses an encoding that is not read here. Write Parquet by the default settings.",
    ),
    FaultCode.MISSING_COLUMN: (
        "Deze kolom ontbreekt. Voeg de kolom toe, met precies deze naam.",
        "This column is missing. Add the column, by exactly this name.",
    ),
    FaultCode.UNKNOWN_COLUMN: (
        "Deze kolom hoort niet in de aanlevering. Verwijder de kolom; lever niet meer dan gevraagd is.",
        "This column does not belong in the delivery. Remove the column; deliver no more than was asked for.",
    ),
    FaultCode.DOUBLE_COLUMN: (
        "Deze kolom komt meer dan eens voor. Laat er één over.",
        "This column is there more than once. Leave one of them.",
    ),
    FaultCode.MISSPELT_COLUMN: (
        "Deze kolomnaam is bijna goed. Schrijf precies {suggestion}.",
        "This column name is nearly right. Write exactly {suggestion}.",
    ),
    FaultCode.NO_HEADER: (
        "De kolomnamen ontbreken: geen naam is bekend. Zet de namen uit de definitie op de eerste regel.",
        "The column names are missing: none is known. Put the definition's names on the first line.",
    ),
    FaultCode.MISSING: (
        "De waarde ontbreekt. Vul haar in; is er niets, schrijf dan 0 in een getalkolom.",
        "The value is missing. Fill it in; if there is nothing, write 0 in a number column.",
    ),
    FaultCode.UNKNOWN_CODE: (
        "Deze code staat niet in de codelijst van de kolom. Gebruik een code uit de definitie.",
        "This code is not in the column's code list. Use a code from the definition.",
    ),
    FaultCode.MISSPELT_CODE: (
        "Deze code is bijna goed. Schrijf precies {suggestion}.",
        "This code is nearly right. Write exactly {suggestion}.",
    ),
    FaultCode.CODE_NOT_VALID: (
        "Deze code geldt niet in de periode van de rij. Gebruik de code die toen gold.",
        "This code does not hold in the row's period. Use the code that held then.",
    ),
    FaultCode.OTHER_PERIOD: (
        "Deze periode hoort niet bij de ronde. Lever alleen: {allowed}.",
        "This period does not belong to the round. Deliver only: {allowed}.",
    ),
    FaultCode.NOT_A_NUMBER: (
        "Dit is geen getal. Schrijf cijfers, eventueel met een minteken ervoor.",
        "This is no number. Write digits, with a minus in front if needed.",
    ),
    FaultCode.DECIMAL_COMMA: (
        "Hier staat een komma in een getal. Schrijf een decimale punt: 1.5; in een geheel getal geen van beide.",
        "Here is a comma in a number. Write a decimal point: 1.5; in a whole number neither.",
    ),
    FaultCode.THOUSANDS: (
        "Hier staan scheidingstekens in een getal. Schrijf het zonder: 1234567.",
        "Here are thousands separators in a number. Write it without: 1234567.",
    ),
    FaultCode.FOREIGN_DIGITS: (
        "Dit getal is niet met de cijfers 0 tot en met 9 geschreven. Gebruik die.",
        "This number is not written in the digits 0 to 9. Use those.",
    ),
    FaultCode.EXPONENT: (
        "Dit getal heeft een exponent (1E+05), vaak door Excel: er kunnen cijfers verloren zijn. Schrijf het voluit.",
        "This number has an exponent (1E+05), often by Excel: digits may be lost. Write it in full.",
    ),
    FaultCode.NOT_FINITE: (
        "Dit is geen eindig getal. Lever een getal, of los de berekening op waar het vandaan komt.",
        "This is no finite number. Deliver a number, or mend the calculation where it came from.",
    ),
    FaultCode.LEADING_ZERO: (
        "Dit getal begint met een nul of een plus; zo ziet een code eruit. Controleer de kolom, of laat ze weg.",
        "This number starts with a zero or a plus, as codes do. See whether it is the right column, or leave them out.",
    ),
    FaultCode.NOT_WHOLE: (
        "Dit moet een geheel getal zijn. Schrijf het zonder punt; rond het alleen af als de definitie dat zegt.",
        "This must be a whole number. Write it without a point; round it only if the definition says so.",
    ),
    FaultCode.TOO_BIG: (
        "Dit getal heeft meer cijfers dan mogelijk is. Controleer de kolom en de eenheid.",
        "This number has more digits than possible. See whether column and unit are right.",
    ),
    FaultCode.TOO_FINE: (
        "Dit getal heeft meer dan {places} decimalen. Rond het af op {places} decimalen.",
        "This number has more than {places} decimals. Round it to {places} decimals.",
    ),
    FaultCode.BELOW_MINIMUM: (
        "Dit getal ligt onder {limit}. Controleer het teken, de kolom en de eenheid.",
        "This number lies below {limit}. See whether sign, column and unit are right.",
    ),
    FaultCode.ABOVE_MAXIMUM: (
        "Dit getal ligt boven {limit}. Controleer de kolom en de eenheid.",
        "This number lies above {limit}. See whether column and unit are right.",
    ),
    FaultCode.NUMBER_AS_TEXT: (
        "Hier staat een getal als tekst. Schrijf het zonder aanhalingstekens.",
        "Here is a number written as text. Write it without quotes.",
    ),
    FaultCode.WRONG_TYPE: (
        "Hier staat {found}; verwacht is {expected}. Schrijf de waarde als {expected}.",
        "Here is {found}; expected is {expected}. Write the value as {expected}.",
    ),
    FaultCode.SPACES: (
        "Er staan spaties voor of achter de waarde. Verwijder ze.",
        "There are spaces before or after the value. Remove them.",
    ),
    FaultCode.CONTROL_CHARACTER: (
        "De waarde bevat stuurtekens of onzichtbare tekens. Verwijder ze.",
        "The value has control or invisible characters. Remove them.",
    ),
    FaultCode.FORMULA: (
        "De tekst begint met =, +, -, @ en zou in een rekenblad als formule werken. Begin met een letter of cijfer.",
        "The text starts with =, +, -, @ and would act as a formula in a spreadsheet. Start by a letter or digit.",
    ),
    FaultCode.TOO_LONG: (
        "De tekst is langer dan {limit} tekens. Kort de tekst in.",
        "The text is longer than {limit} characters. Shorten the text.",
    ),
    FaultCode.PATTERN: (
        "De waarde heeft niet de vorm {pattern}. Volg de definitie van de kolom.",
        "The value does not have the form {pattern}. Follow the column's definition.",
    ),
    FaultCode.NOT_A_PSEUDONYM: (
        "Dit is geen pseudoniem van Sluis (type.doel.versie.waarde). Laat de SDK het pseudoniem maken.",
        "This is no pseudonym of Sluis (type.purpose.version.value). Let the SDK make the pseudonym.",
    ),
    FaultCode.NO_BSN: (
        "Dit is geen BSN: dat heeft negen cijfers en niets ertussen. Verbeter het in uw eigen registratie.",
        "This is no BSN: it has nine digits and nothing between them. Correct it in your own records.",
    ),
    FaultCode.WRONG_BSN: (
        "Dit BSN kan niet bestaan (elfproef). Verbeter het in uw eigen registratie.",
        "This BSN cannot exist (eleven test). Correct it in your own records.",
    ),
    FaultCode.NOBODY: (
        "Dit BSN is van niemand (000000000 of 999999999, onbekend). Zoek het BSN op of laat de rij weg.",
        "This BSN is nobody's (000000000 or 999999999, unknown). Look the BSN up or leave the row out.",
    ),
    FaultCode.OTHER_KEY: (
        "Dit pseudoniem hoort bij een andere sleutel dan deze ronde vraagt ({expected}). Maak de pseudoniemen opnieuw.",
        "This pseudonym was made with another key than this round asks for ({expected}). Make the pseudonyms again.",
    ),
    FaultCode.IDENTIFIER: (
        "Dit lijkt op een BSN. Lever nooit een BSN: laat de SDK er een pseudoniem van maken of verwijder het.",
        "This looks like a BSN. Never deliver a BSN: let the SDK make a pseudonym of it or remove it.",
    ),
    FaultCode.AGB_CODE: (
        "Hier staat een getal van acht cijfers, zoals de AGB-code van een zorgverlener. Laat het weg.",
        "There is a number of eight digits, such as the AGB code of a professional. Leave it out.",
    ),
    FaultCode.PHONE: (
        "Hier lijkt een telefoonnummer te staan. Laat het weg: de tekst gaat over de zorg, niet over een persoon.",
        "There seems to be a telephone number. Leave it out: the text is about the care, not about a person.",
    ),
    FaultCode.EMAIL: (
        "Hier staat een e-mailadres. Laat het weg; contactgegevens horen bij de registratie van uw organisatie.",
        "There is an e-mail address. Leave it out; contact details belong to the registration of your organisation.",
    ),
    FaultCode.DATE: (
        "Hier staat een volledige datum, die een geboortedatum kan zijn. Schrijf maand en jaar, of een leeftijd.",
        "There is a full date, which may be a date of birth. Write only month and year, or an age.",
    ),
    FaultCode.POSTCODE: (
        "Hier staat een postcode met letters, die met een huisnummer één adres aanwijst. Noem de gemeente.",
        "There is a postcode with letters, which with a house number points at one address. Name the municipality.",
    ),
    FaultCode.DOUBLE_ROW: (
        "Deze rij is gelijk aan rij {first}. Verwijder er één.",
        "This row is the same as row {first}. Remove one of them.",
    ),
    FaultCode.DOUBLE_KEY: (
        "Deze rij heeft dezelfde sleutel ({key}) als rij {first}. Voeg ze samen of verbeter er één.",
        "This row has the same key ({key}) as row {first}. Merge them or mend one.",
    ),
}

TEXTS: MappingProxyType[FaultCode, tuple[str, str]] = MappingProxyType(_TEXTS)
