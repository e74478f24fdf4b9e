"""A small HTTP service that behaves like Harness's SEI export API.

It serves the API under a path prefix, as the real one does, and takes orders under `/_sim/`:
how an export behaves, which faults to inject, which org trees there are, which of the documented
forms of the API it speaks, and what was asked of it. `app` puts the parts together; a report is
one entry in `reports`, and a form that the documentation contradicts itself about is one switch
in `dialect`.

    python -m local.simulator --port 8081 --api-key KEY
"""
