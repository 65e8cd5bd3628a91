"""The texts of what can be wrong with a purpose: the article, what is the matter and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultText:
    """The text of a kind of fault and what mends it, Dutch and English; `{name}` is filled in from the fault."""

    nl: str
    en: str
    mend_nl: str
    mend_en: str


PURPOSE_FAULTS: Mapping[str, FaultText] = {
    "released-form": FaultText(
        "'{name}' is een formulier: de cijfers gaan naar andere gegevenssets en worden alleen daar vrijgegeven",
        "'{name}' is a form: its figures go into other data sets and are released there only",
        "noem de gegevenssets waarvoor het dient; dezelfde cijfers in twee tabellen verraden samen meer dan elk apart",
        "name the data sets that it serves; the same figures in two tables tell more together than each alone",
    ),
    "legal-basis": FaultText(
        "'{value}' is geen grondslag van artikel 6, lid 1, AVG",
        "'{value}' is not a basis of GDPR article 6(1)",
        "kies een van {known}",
        "choose one of {known}",
    ),
    "statute": FaultText(
        "de grondslag {basis} rust op een wet, en die is niet genoemd (artikel 6, lid 3, AVG)",
        "the basis {basis} rests on a statute, and none is named (GDPR article 6(3))",
        "noem de wet en het artikel in 'statute'",
        "name the statute and its article in 'statute'",
    ),
    "consent-scope": FaultText(
        "het doel rust op toestemming, en niet is gezegd waarvoor zij geldt (artikel 4, onder 11, en 7 AVG)",
        "the purpose rests on consent, and it is not said what for (GDPR article 4(11) and 7)",
        "omschrijf in 'consent_scope' waarvoor, door wie en hoe zij wordt ingetrokken",
        "describe in 'consent_scope' what for, by whom and how it is withdrawn",
    ),
    "consent-without-basis": FaultText(
        "er is een reikwijdte van toestemming, en het doel rust niet op toestemming (artikel 6, lid 1, onder a, AVG)",
        "there is a scope of consent, and the purpose does not rest on consent (GDPR article 6(1)(a))",
        "laat 'consent_scope' weg, of kies 6(1)(a) of 9(2)(a)",
        "leave 'consent_scope' out, or choose 6(1)(a) or 9(2)(a)",
    ),
    "special-category": FaultText(
        "bijzondere persoonsgegevens ({dataset}) zonder uitzondering van artikel 9, lid 2, AVG",
        "special categories of data ({dataset}) without an exception of GDPR article 9(2)",
        "noem de uitzondering, zoals '9(2)(j)', met het bewijs van de UAVG; zonder mag het niet (artikel 9, lid 1)",
        "name the exception, such as '9(2)(j)', with the UAVG evidence; without it is forbidden (article 9(1))",
    ),
    "exception": FaultText(
        "'{value}' is geen uitzondering van artikel 9, lid 2, AVG",
        "'{value}' is not an exception of GDPR article 9(2)",
        "kies een van {known}",
        "choose one of {known}",
    ),
    "uavg-evidence": FaultText(
        "statistiek met bijzondere persoonsgegevens (9(2)(j)) zonder de voorwaarden van artikel 24 UAVG",
        "statistics with special categories of data (9(2)(j)) without the conditions of UAVG article 24",
        "onderbouw in 'uavg_evidence' statistiek, algemeen belang, waarom toestemming niet kan, en waarborgen",
        "argue in 'uavg_evidence' statistics, public interest, why consent is impossible, and safeguards",
    ),
    "joint-arrangement": FaultText(
        "meer verantwoordelijken zonder onderlinge regeling (artikel 26 AVG)",
        "several controllers without a joint arrangement (GDPR article 26)",
        "noem de regeling in 'joint_arrangement'",
        "name the arrangement in 'joint_arrangement'",
    ),
    "approvers": FaultText(
        "een goedgekeurd doel heeft ten minste twee verschillende goedkeurders",
        "an approved purpose has at least two different approvers",
        "laat een tweede persoon goedkeuren",
        "let a second person approve",
    ),
    "dpia-missing": FaultText(
        "bijzondere persoonsgegevens ({dataset}) zonder effectbeoordeling (artikel 35, lid 3, onder b, AVG)",
        "special categories of data ({dataset}) without an impact assessment (GDPR article 35(3)(b))",
        "voer de DPIA uit en noem haar in 'dpia'",
        "carry out the DPIA and name it in 'dpia'",
    ),
    "dpia": FaultText(
        "een goedgekeurd doel heeft een DPIA met uitkomst 'approved' (artikel 35 AVG)",
        "an approved purpose has a DPIA with the outcome 'approved' (GDPR article 35)",
        "rond de DPIA af",
        "finish the DPIA",
    ),
    "fg-advice": FaultText(
        "een DPIA zonder advies van de functionaris gegevensbescherming (artikel 35, lid 2, AVG)",
        "a DPIA without the advice of the data protection officer (GDPR article 35(2))",
        "vraag het advies en noem het in 'fg_advice'",
        "ask for the advice and name it in 'fg_advice'",
    ),
    "not-a-draft": FaultText(
        "een voorstel is een 'draft' zonder goedkeurders",
        "a proposal is a 'draft' without approvers",
        "zet 'status: draft' en laat 'approvers' leeg; goedkeuren gebeurt in de dienst",
        "put 'status: draft' and leave 'approvers' empty; approval happens in the service",
    ),
    "changes-missing": FaultText(
        "een nieuwe versie zegt niet wat er veranderde",
        "a new version does not say what changed",
        "beschrijf het in 'changes'",
        "describe it in 'changes'",
    ),
    "review-before-start": FaultText(
        "het doel moet worden herzien voordat het begint",
        "the purpose has to be reviewed before it starts",
        "kies voor 'review_on' een dag na 'valid_from'",
        "choose a day after 'valid_from' for 'review_on'",
    ),
    "no-recipients": FaultText(
        "er is geen enkele ontvanger",
        "there is no recipient at all",
        "noem organisaties, of 'roles: [regional-owner]'",
        "name organisations, or 'roles: [regional-owner]'",
    ),
    "own-region": FaultText(
        "'own-region', en van '{dataset}' heeft geen dimensie een indeling in regio's om een tabel tot te beperken",
        "'own-region', and no dimension of '{dataset}' has a classification of regions to cut a table down to",
        "noem een dimensie met een indeling in regio's, of kies een ander bereik",
        "name a dimension with a classification of regions, or choose another reach",
    ),
    "reach-roles": FaultText(
        "'{reach}' zonder rol: geen regio kan vragen",
        "'{reach}' without a role: no region can ask",
        "zet 'regional-owner' in 'roles'",
        "put 'regional-owner' in 'roles'",
    ),
    "reach-one": FaultText(
        "'one-organisation' is niet precies een organisatie zonder rollen",
        "'one-organisation' is not exactly one organisation without roles",
        "noem er een en laat 'roles' leeg",
        "name one and leave 'roles' empty",
    ),
    "reach-national": FaultText(
        "'national-party' is niet ten minste een organisatie zonder rollen",
        "'national-party' is not at least one organisation without roles",
        "noem de landelijke partij en laat 'roles' leeg",
        "name the national party and leave 'roles' empty",
    ),
    "dpv-missing": FaultText(
        "'{term}' ontbreekt, terwijl het doel {value} noemt",
        "'{term}' is missing, while the purpose names {value}",
        "voeg de term van de W3C Data Privacy Vocabulary toe",
        "add the term of the W3C Data Privacy Vocabulary",
    ),
    "dpv-differs": FaultText(
        "'{term}' hoort bij een andere grondslag of uitzondering dan die van het doel",
        "'{term}' belongs to another basis or exception than that of the purpose",
        "verwijder de term, of verbeter de grondslag",
        "remove the term, or mend the basis",
    ),
    "dpv-purpose": FaultText(
        "er is geen term voor het doel zelf",
        "there is no term for the purpose itself",
        "voeg een 'dpv:'-term toe, zoals 'dpv:PublicInterest'",
        "add a 'dpv:' term, such as 'dpv:PublicInterest'",
    ),
}
