"""The orders of tests and people under `/_sim/`.

They change the world, and read what happened in it; no call of the API passes through here.
"""
