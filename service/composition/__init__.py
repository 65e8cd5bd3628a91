"""Composition: settings, the parts put together, and the `sluis` command."""

from service.composition.command import main

__all__ = ["main"]
