"""A small HTTP service that behaves like Harness's SEI export API.

It serves the API under a path prefix, as the real one does, and takes orders under `/_sim/`:
how an export behaves, which faults to inject, which org trees there are, which of the documented
forms of the API it speaks, and what was asked of it.

    python -m local.simulator --port 8081 --api-key KEY

Its rooms, a call's way from the port down to a figure in a file::

    service             the command line, the server, the application
    control             the orders under `/_sim/`
    routes              the API's calls, behind the gate
    delivery            a file's bytes on their way
    world               what the service knows: exports, scenarios, files, the journal of calls
    reports             each report's request, strictly checked, and the table that it asks for
    data                what fills a table: names, org trees, periods, figures
    models, errors      how bodies are read and refusals written

Imports point downwards only, and out of here nowhere: what the exporter expects of the API is not
taken from the exporter. A report is one entry in `reports.catalogue`; a form that the documentation
contradicts itself about is one switch in `world.dialect`.
"""
