"""BSNs become pseudonyms on this machine, with the help of a key holder that learns neither.

    making   blind, have evaluated in batches, finish, check that the key was the published one
    files    the column of BSNs in a file becomes the column of pseudonyms; every fault at once, by row

A BSN is in no request, log line, error or file that this package writes.
"""

from sluis_client.pseudonyms.files import BSN_COLUMN, Pseudonymised, has_bsn_column, pseudonymise_file
from sluis_client.pseudonyms.making import KeyHolder, Maker, stand_ins

__all__ = [
    "BSN_COLUMN",
    "KeyHolder",
    "Maker",
    "Pseudonymised",
    "has_bsn_column",
    "pseudonymise_file",
    "stand_ins",
]
