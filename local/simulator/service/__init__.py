"""The process: a command line, an HTTP server whose port can go away, and the application.

Flags become the settings of one `Simulator`, and every route is put together over it.
"""
