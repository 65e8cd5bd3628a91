"""What a withdrawal asks of the database: on the fake and on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from database_samples import a_release, a_request, a_submission, an_accepted, an_event, prepare, prepared

from service.domain.errors import Conflict
from service.domain.request import RequestState
from service.domain.submission import SubmissionState
from service.ports.unit_of_work import Database


def test_a_withdrawn_delivery_counts_no_longer_and_keeps_its_number(database: Database) -> None:
    prepared(database)
    gone = an_accepted("sub-1", state=SubmissionState.WITHDRAWN, withdrawal='{"keyId":"k"}', part=None)
    with database.begin() as uow:
        assert uow.submissions.last_version("north", "beds-2019") == 0
        uow.submissions.add(an_accepted("sub-1"))
        uow.submissions.add(an_accepted("sub-0", organisation="south", version=7))
        uow.submissions.save(gone)
        assert uow.submissions.get("sub-1") == gone
        assert uow.submissions.counting("north", "beds-2019") is None
        assert [part.submission for part in uow.submissions.counting_parts(["beds-2019"])] == ["sub-0"]
        assert uow.submissions.last_version("north", "beds-2019") == 1
        assert uow.submissions.withdrawn(["sub-0", "sub-1", "sub-9"]) == {"sub-1"}
        assert uow.submissions.withdrawn([]) == frozenset()
        uow.commit(an_event())
    with database.begin() as uow, pytest.raises(Conflict, match="already-delivered"):
        uow.submissions.add(an_accepted("sub-2"))
    with database.begin() as uow:
        uow.submissions.add(an_accepted("sub-2", version=2))
        uow.submissions.add(a_submission("sub-3"))
        assert uow.submissions.last_version("north", "beds-2019") == 2
        uow.commit(an_event())


def test_requests_under_review_are_those_that_something_was_made_for(database: Database) -> None:
    other = replace(a_request().spec, data_set="rejections")
    with database.begin() as uow:
        prepare(uow)
        for number, state in enumerate(sorted(RequestState), 2):
            if state is not RequestState.RELEASED:
                uow.requests.add(a_request(f"req-{number:02}", state=state))
        uow.requests.add(a_request("req-99", state=RequestState.PREPARED, spec=other))
        found = uow.requests.under_review("beds")
        assert {one.state for one in found} == {"prepared", "approved-once", "approved"}
        assert [one.id for one in found] == sorted(one.id for one in found)
        assert len(found) == 3
        assert [one.id for one in uow.requests.under_review("rejections")] == ["req-99"]
        assert uow.requests.under_review("nothing") == []


def test_whether_a_release_was_made_of_a_delivery(database: Database) -> None:
    with database.begin() as uow:
        prepare(uow)
        uow.releases.add(a_release(inputs=("sub-1", "sub-2")))
        assert [uow.releases.any_of(name) for name in ("sub-1", "sub-2", "sub-3")] == [True, True, False]
        uow.commit(an_event())
