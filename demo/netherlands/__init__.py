"""The second part of the demonstration: Dutch regions, and suppliers that are generated (they do not exist)."""
