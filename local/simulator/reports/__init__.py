"""The reports: a create call's body, strictly checked, and the table that it asks for.

A body goes in, an `ExportRequest` with its `Table` comes out; what becomes of it is the world's
matter.
"""
