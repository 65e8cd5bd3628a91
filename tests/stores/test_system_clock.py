from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

from service.adapters.clock import SystemClock, SystemRandomness


def test_now_is_in_utc():
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_ids_are_version_7_and_in_order():
    ids = [SystemRandomness().new_id() for _ in range(1000)]
    assert {uuid.UUID(i).version for i in ids} == {7}
    assert ids == sorted(set(ids))


def test_a_secret_can_be_typed_and_not_guessed():
    secrets = {SystemRandomness().secret() for _ in range(1000)}
    assert len(secrets) == 1000
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}", secret) for secret in secrets)


def test_keys_have_the_size_asked():
    assert len(SystemRandomness().key(32)) == 32
    assert SystemRandomness().key(32) != SystemRandomness().key(32)
