"""``planbrief preview``: a report's page on this machine, rebuilt on save, reloaded where the reader was.

::

    watching   what has been saved since the last look                  (watching.py)
    studio     build the page, remember the last good one, tell readers  (studio.py)
    pages      the page with the reloading script, or the failing cell   (pages.py)
    server     HTTP on the loopback address only                         (server.py)
"""
