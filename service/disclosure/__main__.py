"""`python -m service.disclosure TABLE.yaml --data DATA.csv --out OUT.csv`."""

from service.disclosure.command.main import main

if __name__ == "__main__":
    main()
