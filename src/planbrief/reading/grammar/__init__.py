"""The grammar of Chinese statistical prose: from canonical text to a proposed row for each numeral.

What it knows of words is data, in ``words/``; a new way of writing something is taught there first:

::

    numerals.py     which numbers a text has, their units and bounds          words/numerals, units
                    and which of them state nothing, with the reason          words/exclusions
    scopes.py       the time that heads, openings and sentences set           words/periods
    clauses.py      the words before and behind a number                      words/verbs
    subjects.py     what it measures, and of which area                       words/names, places
    changes.py      its kind, form and sign                                   words/kinds
    prose.py        all of this together: a row for each number of a text     words/patterns
    tables.py       the same for the cells of a table

What speaks against a row is a doubt; ``words/reasons.toml`` says what each costs and how a person is told of it, and
:func:`planbrief.reading.decisions.rate` decides from them whether the row is sure.
"""
