"""From raw bytes to a verified object, its manifest and its event.

Bytes pass the checks of gzip and CSV on their way into the bucket; only when all agree does the
object become visible, then its manifest, then the event.
"""
