"""`sluis protect`, from a shell: `specification` and `reading` take it in, `report` tells the outcome."""
