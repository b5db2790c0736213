"""Scheduled generation without a server: a TOML file says what, when and for whom.

::

    config    the file, checked: who gets what, and which runs are due
    rounds    run what is due, queue and send, tell the operators; for ever, or by unit files of the machine
    status    which runs began and how they ended; the operators' page
"""
