"""Who typed the command: the kernel's word, and beside it what was claimed."""

from __future__ import annotations

import os
import pwd

from service.composition.build import operator_account

ACCOUNT = pwd.getpwuid(os.getuid()).pw_name


def test_the_environment_cannot_take_another_account():
    assert operator_account({"USER": "somebody", "LOGNAME": ACCOUNT}) == ACCOUNT
    assert operator_account({"LOGNAME": "jan.steen"}) == f"{ACCOUNT}:jan.steen"


def test_a_claim_that_is_no_name_is_left_out():
    for claim in ("", "Een Naam", "a\nb", "os:root", "x" * 64):
        assert operator_account({"LOGNAME": claim}) == ACCOUNT
