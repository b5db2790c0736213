"""Does it hold? Data, documents, notebooks, catalog and translations, every problem at once.

A problem is worded where its rule stands: file, row, column, what was found, what was expected.

::

    data            files of the data folder, damage to cells, the seal        (targets.frames: form and references)
    rules           what the cells of a row, and spans and files, must keep
    plausibility    what a row contradicts among the others of its series, table and document
    verification    rows against the source texts; locate: numbers that no row has, and where one comes from
    project         notebooks, names and vocabularies; toml_shape: the shape of catalog and schedule
    repair          mending, sealing, and new rows let in as a whole
"""
