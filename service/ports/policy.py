"""The policy engine: the only place that permits."""

from __future__ import annotations

from typing import Protocol

from service.domain.policy import Decision, Query


class PolicyEngine(Protocol):
    """Answers every question under one bundle."""

    @property
    def policy_hash(self) -> str:
        """The content hash of the bundle (`sha-256:...`)."""
        ...

    def decide(self, query: Query) -> Decision:
        """Permit, or Deny with all reasons.

        An engine that failed, had a diagnostic, or did not know principal, action or resource denies (reason
        `policy-not-sure`); it never raises for a query.
        """
        ...
