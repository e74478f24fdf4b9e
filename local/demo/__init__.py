"""What `make demo` shows.

The cloud starts and stops with the demo. Histories, files, manifests and events are read from it,
as anybody would read them from AWS, and become lines on the screen; nothing goes back.
"""
