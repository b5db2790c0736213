"""What changed between two editions: headline numbers, observations, findings, reports.

::

    snapshot      what an edition says: its manifest and the rows of its tables
    observations  rows of two data sets paired: added, removed, corrected, revised, resourced
    changes       everything that differs between two snapshots; equal snapshots differ in nothing
    describe      names and values in words
    document      the digest as headings, lists and tables in either language
    rendering     the same as Markdown, HTML and plain text
"""
