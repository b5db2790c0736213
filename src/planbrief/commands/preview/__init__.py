"""``planbrief preview``: a report's page on this machine, rebuilt on save, reloaded where the reader was.

::

    studio     looks for what was saved, builds the page, remembers the last good one, tells readers  (studio.py)
    server     the pages with the reloading script or the failing cell, over HTTP on loopback only    (server.py)

A page is built from the edited cell on: see :mod:`planbrief.run.rehearsal`.
"""
