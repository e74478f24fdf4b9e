"""What is asked for: the table of reports, and one valid request with its dates resolved.

An input goes in as JSON; an `ExportRequest` comes out, in the one canonical form that everything
else is derived from: the API's body, fingerprints, the path in the bucket.
"""
