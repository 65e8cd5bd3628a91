"""How content becomes rows, and what is asked of them.

`sniff` says what the bytes are; `csv_rows`, `json_rows` and `parquet_rows` each read one format into `rows.Rows`, with
`numbers` for numbers written as text; `values`, `keys` and `rules` then check the rows of every format alike.
"""
