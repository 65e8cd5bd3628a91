"""`sluis-client withdraw`."""

from sluis_client.cli.asking import require_yes
from sluis_client.cli.options import JsonOption, LanguageOption, YesOption
from sluis_client.cli.receipts import IdArgument
from sluis_client.cli.screen import Screen, minute_text
from sluis_client.cli.secrets import opened_client
from sluis_client.errors import UnexpectedAnswerError
from sluis_client.language import Text


def withdraw(
    submission: IdArgument, *, yes: YesOption = False, as_json: JsonOption = False, language: LanguageOption = "nl"
) -> None:
    """Trek een aanlevering in: zij telt vanaf nu nergens meer in mee. / Withdraw a delivery.

    Wat al is vrijgegeven blijft. / What was released stays.
    """
    screen = Screen("withdraw", language, as_json=as_json)
    with screen.reporting():
        if not yes:
            require_yes(screen, Text(f"Aanlevering {submission} intrekken?", f"Withdraw delivery {submission}?"))
        with opened_client(language) as client:
            kept = client.withdraw(submission)
        if kept.withdrawal is None:
            raise UnexpectedAnswerError(Text("De bevestiging ontbreekt.", "The acknowledgement is missing."))
        since = kept.withdrawal.withdrawal.withdrawn_at
        screen.say(
            Text(
                f"Ingetrokken: {submission} telt sinds {minute_text(since)} niet meer mee. "
                "De bevestiging is geverifieerd en bewaard bij het ontvangstbewijs.",
                f"Withdrawn: {submission} counts no longer since {minute_text(since)}. "
                "The acknowledgement was verified and kept with the receipt.",
            )
        )
        for one in kept.served:
            if one.state == "withdrawn":
                screen.say(
                    Text(
                        f"Met haar is {one.submission} voor {one.round} ingetrokken.",
                        f"With it {one.submission} for {one.round} was withdrawn.",
                    )
                )
        screen.document("withdrawn", exitCode=0, submissionId=submission, receipt=kept.to_json())
