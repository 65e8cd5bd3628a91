"""What can be wrong with a bundle: every fault has a file, a path in it, a text and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.adapters.bundle.purpose_faults import PURPOSE_FAULTS, FaultText
from service.adapters.bundle.serves_checks import SERVES_FAULTS

FAULTS: Mapping[str, FaultText] = {
    **PURPOSE_FAULTS,
    **SERVES_FAULTS,
    "file-missing": FaultText("het bestand ontbreekt", "the file is missing", "voeg het bestand toe", "add the file"),
    "file-unexpected": FaultText(
        "dit bestand hoort niet in de bundel",
        "this file does not belong in the bundle",
        "verwijder het, of noem het in een beschrijving",
        "remove it, or name it in a descriptor",
    ),
    "not-utf8": FaultText(
        "het bestand is geen UTF-8", "the file is not UTF-8", "sla het op als UTF-8", "save it as UTF-8"
    ),
    "not-yaml": FaultText(
        "geen geldige YAML: {detail}", "not valid YAML: {detail}", "herstel de opmaak", "mend the syntax"
    ),
    "duplicate-key": FaultText(
        "de sleutel '{name}' staat er twee keer",
        "the key '{name}' stands there twice",
        "verwijder er een",
        "remove one of them",
    ),
    "unknown-key": FaultText(
        "onbekende sleutel", "unknown key", "verwijder hem of verbeter de spelling", "remove it or mend its spelling"
    ),
    "missing-key": FaultText("deze sleutel ontbreekt", "this key is missing", "vul hem in", "fill it in"),
    "wrong-value": FaultText(
        "ongeldige waarde: {detail_nl}", "invalid value: {detail}", "verbeter de waarde", "mend the value"
    ),
    "csv-columns": FaultText(
        "de kolommen zijn niet {expected}",
        "the columns are not {expected}",
        "gebruik precies deze kolommen in deze volgorde",
        "use exactly these columns in this order",
    ),
    "csv-row": FaultText(
        "de regel heeft een ander aantal velden dan de kop, of een lege code",
        "the row has another number of fields than the header, or an empty code",
        "vul alle velden in",
        "fill in all fields",
    ),
    "not-a-date": FaultText(
        "'{value}' is geen datum", "'{value}' is not a date", "schrijf jjjj-mm-dd", "write yyyy-mm-dd"
    ),
    "classification": FaultText(
        "code '{name}': {detail}",
        "code '{name}': {detail}",
        "herstel de codelijst (dubbel, onbekend niveau of onbekende of te fijne bovenliggende code)",
        "mend the code list (double, unknown level, or unknown or too fine a parent)",
    ),
    "validity-reversed": FaultText(
        "eindigt voor het begin", "ends before it starts", "verwissel of verbeter de data", "swap or mend the dates"
    ),
    "double": FaultText(
        "'{name}' bestaat al in {other}",
        "'{name}' already exists in {other}",
        "geef een ander id of een hoger versienummer",
        "give another id or a higher version",
    ),
    "unknown-name": FaultText(
        "'{name}' bestaat niet als {kind}",
        "'{name}' does not exist as {kind}",
        "verbeter de naam of voeg het toe; bekend: {known}",
        "mend the name or add it; known: {known}",
    ),
    "one-period": FaultText(
        "er is niet precies één dimensie met 'period: true'",
        "there is not exactly one dimension with 'period: true'",
        "wijs één dimensie aan als periode",
        "mark one dimension as the period",
    ),
    "different-atoms": FaultText(
        "de indelingen van deze dimensie gaan niet over dezelfde kleinste eenheden",
        "the classifications of this dimension are not over the same atoms",
        "gebruik alleen indelingen met dezelfde 'atoms'",
        "use only classifications with the same 'atoms'",
    ),
    "not-a-calendar": FaultText(
        "'{name}' heeft codes zonder begin of einde en kan geen periode zijn",
        "'{name}' has codes without beginning or end and cannot be a period",
        "gebruik een kalenderindeling",
        "use a calendar classification",
    ),
    "same-name": FaultText(
        "'{name}' is de naam van meer dan een dimensie, maat of toelichting",
        "'{name}' names more than one dimension, measure or note",
        "geef een van de twee een andere naam",
        "rename one of the two",
    ),
    "range-reversed": FaultText(
        "het minimum is hoger dan het maximum",
        "the minimum is above the maximum",
        "verwissel of verbeter ze",
        "swap or mend them",
    ),
    "changes-missing": FaultText(
        "deze versie zegt niet wat er is veranderd",
        "this version does not say what changed",
        "vul 'changes' in: wat is anders dan in de vorige versie, en waarom",
        "fill in 'changes': what is different from the version before, and why",
    ),
    "changes-unexpected": FaultText(
        "de eerste versie kan niets hebben veranderd",
        "the first version cannot have changed anything",
        "verwijder 'changes', of verhoog 'version'",
        "remove 'changes', or raise 'version'",
    ),
    "version-gap": FaultText(
        "versie {value} van '{name}' ontbreekt",
        "version {value} of '{name}' is missing",
        "laat elke versie staan: lopende rondes houden de hunne",
        "keep every version: rounds under way keep theirs",
    ),
    "public-and-sensitive": FaultText(
        "openbare gegevens zijn niet ook nog gevoelig",
        "public figures are not sensitive besides",
        "kies 'public', of een of meer van de andere",
        "choose 'public', or one or more of the others",
    ),
    "once-without-person": FaultText(
        "alleen een telling van een gegevensset met pseudoniemen kan personen één keer tellen",
        "only a count of a data set with pseudonyms can count persons once",
        "voeg 'person' toe, of laat 'once_per_person' weg",
        "add 'person', or leave out 'once_per_person'",
    ),
    "special-without-personal": FaultText(
        "bijzondere persoonsgegevens zijn ook persoonsgegevens",
        "special categories of personal data are personal data too",
        "voeg 'personal' toe",
        "add 'personal'",
    ),
    "too-young": FaultText(
        "{value} maanden is te jong voor concurrentiegevoelige gegevens",
        "{value} months is too young for competition-sensitive figures",
        "kies ten minste {base} (artikel 6 Mededingingswet; policy.md)",
        "choose at least {base} (Dutch Competition Act article 6; policy.md)",
    ),
    "forecast-never": FaultText(
        "'{name}' gaat over wat nog komt: plannen, ramingen of toekomstige prijzen",
        "'{name}' is about what is still to come: plans, forecasts or future prices",
        "neem alleen op wat is waargenomen (artikel 6 Mededingingswet, artikel 101 VWEU; policy.md)",
        "take in only what was observed (Dutch Competition Act article 6, TFEU article 101; policy.md)",
    ),
    "tariff-never": FaultText(
        "'{name}' is een tarief",
        "'{name}' is a tariff",
        "tarieven gaan nooit door de dienst, hoe oud ook (artikel 6 Mededingingswet, artikel 101 VWEU; policy.md)",
        "tariffs never flow, however old (Dutch Competition Act article 6, TFEU article 101; policy.md)",
    ),
    "provider-level-too-young": FaultText(
        "{value} maanden is te jong voor cijfers van één aanbieder, en '{name}' noemt aanbieders",
        "{value} months is too young for figures of one provider, and '{name}' names providers",
        "kies ten minste {base}, of laat de dimensie weg (artikel 6 Mededingingswet; policy.md)",
        "choose at least {base}, or leave the dimension out (Dutch Competition Act article 6; policy.md)",
    ),
    "below-floor": FaultText(
        "{value} ligt onder de ondergrens van {floor}",
        "{value} is below the floor of {floor}",
        "kies ten minste {floor}; lager mag nooit (disclosure.md)",
        "choose at least {floor}; lower is never allowed (disclosure.md)",
    ),
    "looser-profile": FaultText(
        "profiel '{name}' is ergens ruimer dan '{base}' van gegevensset {dataset}",
        "profile '{name}' is somewhere looser than '{base}' of data set {dataset}",
        "een doel mag alleen aanscherpen: kies een strenger profiel of laat het weg",
        "a purpose may only tighten: choose a stricter profile or leave it out",
    ),
    "looser": FaultText(
        "{value} is ruimer dan {base} van gegevensset {dataset}",
        "{value} is looser than {base} of data set {dataset}",
        "een doel mag alleen aanscherpen",
        "a purpose may only tighten",
    ),
    "noise-for-all": FaultText(
        "profiel '{name}' voegt ruis toe, voor elk doel van deze gegevensset",
        "profile '{name}' adds noise, for every purpose of this data set",
        "kies hier een profiel zonder ruis en laat een doel met openbare cijfers om ruis vragen",
        "choose a profile without noise here and let a purpose with public figures ask for noise",
    ),
    "noise-not-public": FaultText(
        "profiel '{name}' voegt ruis toe, en de cijfers van dit doel zijn niet openbaar",
        "profile '{name}' adds noise, and the figures of this purpose are not public",
        "zet 'reach: public' bij de ontvangers, of kies een profiel zonder ruis",
        "set 'reach: public' among the recipients, or choose a profile without noise",
    ),
    "noise-differs": FaultText(
        "profielen '{name}' en '{other}' rekenen verschillend met het ruisbudget van gegevensset {dataset}",
        "profiles '{name}' and '{other}' count differently on the noise budget of data set {dataset}",
        "geef beide hetzelfde 'mechanism' en hetzelfde 'budget'",
        "give both the same 'mechanism' and the same 'budget'",
    ),
    "no-rule-code": FaultText(
        "deze regel heeft geen @id",
        "this rule has no @id",
        "geef hem een @id; van een verbod is dat de reden, met een tekst in service/domain/texts_reasons.py",
        "give it an @id; of a forbid that is the reason, with a text in service/domain/texts_reasons.py",
    ),
    "conditional-permit": FaultText(
        "'{name}' staat iets toe onder voorwaarden; een weigering zou dan geen reden hebben",
        "'{name}' permits under conditions; a denial would then have no reason",
        "laat de voorwaarde weg en verbied het tegendeel, met een reden als @id",
        "leave the condition out and forbid the opposite, with a reason as @id",
    ),
    "unknown-rule-code": FaultText(
        "'{name}' heeft geen tekst", "'{name}' has no text", "voeg de tekst toe", "add its text"
    ),
    "cedar": FaultText("{detail}", "{detail}", "herstel de regel", "mend the rule"),
}


@dataclass(frozen=True, slots=True)
class BundleFault:
    """A fault at `path` (keys joined by dots, or `row N`) of `file` (relative to the bundle)."""

    file: str
    path: str
    code: str
    data: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """File and path."""
        return f"{self.file}: {self.path}" if self.path else self.file

    @property
    def nl(self) -> str:
        """What is wrong and how to mend it, in Dutch."""
        text = FAULTS[self.code]
        return f"{text.nl}; {text.mend_nl}".format_map(self.data)

    @property
    def en(self) -> str:
        """What is wrong and how to mend it, in English."""
        text = FAULTS[self.code]
        return f"{text.en}; {text.mend_en}".format_map(self.data)


class BundleError(Exception):
    """The bundle may not be used; `faults` names all that is wrong with it."""

    def __init__(self, faults: tuple[BundleFault, ...]) -> None:
        super().__init__("\n".join(f"{fault.place}: {fault.en}" for fault in faults))
        self.faults = faults
