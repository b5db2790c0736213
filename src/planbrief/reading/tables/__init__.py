"""Tables: found in lines of text, shaped into heads and body, framed by caption, unit and notes.

::

    text_tables     lines with tabs, pipes or spaces        listed_tables   one cell a line
    placing         words at places, also those of a PDF, into rows and columns
    shapes          cells of any origin into a table with heads, caption, unit and notes
"""
