"""Identity: strict token parsing, key choice, machine tokens, and what a log-in at a provider needs."""
