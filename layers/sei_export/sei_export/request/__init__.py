"""What is asked for: the table of reports, and one valid request with its dates resolved.

An input goes in as JSON (`parsing`, `scope`); an `ExportRequest` comes out (`export_request`), in
the one canonical form that everything else is derived from: the API's body, fingerprints, and
`path`, the request's own part of a key in the bucket. `machines` tells what is no request, but
another state machine's input.
"""
