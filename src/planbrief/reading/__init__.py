"""From a document to draft rows: its text and tables, the grammar that proposes rows, the drafts that people review.

::

    files           which reader a file goes to; a new form of file is added there and gets a module in forms/
    canonical       what every reader hands on: text, tables, and the place of each character
    tables/         which lines and cells make a table, and what are its heads
    grammar/        what a number says: prose by sentence, tables by their heads
    draft_rows      a document read whole, and rows of the data held against a second reading
    matching        phrases that are indicators of the vocabulary
    decisions       a proposed row, its confidence and whether it is sure; what a person decides about it
    drafts          drafts on the disk
    tabulation      a decided draft as rows of the data package
"""
