"""The key holder: a process of its own that helps to make pseudonyms, and sees neither identity nor record.

1. `access`: a supplier shows the service's token, made for the key holder.
2. `evaluating`: it sends blinded elements; the room that it has left is looked at, and the evaluation written down.
3. `keys`: one key per domain and version, wrapped at rest; replaced with an overlap, and then destroyed.
4. `store`: keys, evaluations and events, in a small database of its own.

It imports nothing of the service's database, use cases or API (import-linter), and makes no connection.
"""
