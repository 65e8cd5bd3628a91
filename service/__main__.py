"""`python -m service` is the `sluis` command."""

from service.composition import main

main()
