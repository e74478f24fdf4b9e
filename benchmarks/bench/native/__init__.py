"""The C programs measure a command, move bytes and nothing more, and take the place of a fast S3.

`compile` makes them from the sources beside it.
"""
