"""One verb per file, in the order of the journey that `service` tells; `call` is how each of them runs."""
