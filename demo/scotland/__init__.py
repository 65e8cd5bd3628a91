"""The first part of the demonstration: the real bed and cancellation figures of Scotland (see data/README.md)."""
