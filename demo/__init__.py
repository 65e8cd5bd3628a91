"""The main job of Sluis on real figures: the demo, and what it shares with the tests.

`story` tells it from beginning to end; `installation` sets the stage, `suppliers` deliver, `people` ask, review and
read, `provider` is the local OpenID provider at which they log in.
"""
