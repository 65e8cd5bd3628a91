"""BSNs become pseudonyms on this machine, with the help of a key holder that learns neither.

    making   blind, have evaluated in batches, finish, check that the key was the published one

The column of BSNs in a file is read where files are read (`files.persons`). A BSN is in no request, log line, error or
file that this package writes.
"""

from sluis_client.pseudonyms.making import KeyHolder, Maker, Makes, Progress, published_keys, stand_ins

__all__ = ["KeyHolder", "Maker", "Makes", "Progress", "published_keys", "stand_ins"]
