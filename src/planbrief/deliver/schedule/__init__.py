"""Scheduled generation without a server: a TOML file says what, when and for whom.

::

    config    the file, checked, and which runs are due
    rounds    one round: run what is due, queue and send, tell the operators
    units     rounds for ever, and unit files for systemd, cron, GitHub Actions and Task Scheduler
    status    which runs began and how they ended; the operators' page
"""
