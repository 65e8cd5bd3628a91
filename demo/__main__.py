"""`make demo` and `make serve`."""

from __future__ import annotations

import argparse
import signal
import tempfile
import threading
import time
from pathlib import Path

from demo.installation import Installation
from demo.netherlands.story import PART as NETHERLANDS
from demo.people import AUDITOR, STEWARDS
from demo.provider import CLIENT_ID, LocalProvider
from demo.scotland.story import OWNER
from demo.scotland.story import PART as SCOTLAND
from demo.stage import stage

PARTS = (SCOTLAND, NETHERLANDS)


def main() -> None:
    """Tell the story on a fresh service; with `--stay` leave everything running until interrupted."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="keep the service running afterwards")
    parser.add_argument("--port", type=int, default=0, help="the service's port; a free one by default")
    asked = parser.parse_args()
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="sluis-demo-") as folder,
        stage(Path(folder), PARTS, asked.port) as (place, provider),
    ):
        print(f"Sluis runs at {place.url}, people log in at {provider.issuer}")
        for part in PARTS:
            part.tell(place, provider)
        print(f"\nDone in {time.monotonic() - started:.0f} seconds.")
        if asked.stay:
            _stay(place, provider)


def _stay(place: Installation, provider: LocalProvider) -> None:
    print(f"\nStays up at {place.url} (OpenAPI: {place.url}/v1/openapi.json); stop with Ctrl-C.\n")
    print("Log in as one of these (the page asks for the name, there is no password):")
    print(f"  stewards {', '.join(STEWARDS)}; auditor {AUDITOR}; regional owner owner-{OWNER}\n")
    print("  export SLUIS_LOGIN_CLIENT_SECRET=any   # this local provider wants one, whatever it is")
    print(f"  .venv/bin/sluis login --issuer {provider.issuer} --client-id {CLIENT_ID} --bearer id")
    print(f"  .venv/bin/sluis api GET /v1/releases --url {place.url}\n")
    home = place.directory / "suppliers" / "a101h"
    print(f"As a supplier: SLUIS_CLIENT_HOME={home} .venv/bin/sluis-client status")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    main()
