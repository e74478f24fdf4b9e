"""A cold start runs each function in a new process for one call, ours beside the naive way.

Layers are built, functions run on them against a stub of all that they call, milliseconds come out.
"""
