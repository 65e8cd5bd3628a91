"""Files as a supplier has them: read, told back how they were read, and turned into what the service takes.

    dialect       what the supplier may say about a file
    encodings, delimited, workbook (and the inside of one: package), typed
                  one kind of file each, read into the rows of source
    notation      how numbers are written
    mapping       the supplier's own names and codes
    convert, cells  the content that is sent
    persons       BSNs, of which pseudonyms are made
    spool, made_before
                  what was made of them, kept until the delivery is over
    prepare       the way through all of them
    suggest       what unknown names and codes may be
    marked, template, saving
                  workbooks that are written
    history, period, unusual, confirm
                  earlier deliveries, and what somebody should look at before figures go
    watch, lock   what is laid in a folder is delivered
    desk          all of it for one profile

What is sent is CSV, NDJSON or Parquet as the wire package checks it; a digest is always over what is sent. Where a file
can be read in two ways it is refused with the question that decides; nothing is guessed.
"""
