"""Scheduled generation without a server: a TOML file says what, when and for whom.

::

    config    the file, checked
    times     cron expressions and time zones: which runs are due
    journal   which runs began and how they ended
    runner    one round: run what is due, queue and send, tell the operators
    service   rounds for ever, for containers and Windows
    units     unit and workflow files for systemd, cron, GitHub Actions and Task Scheduler
    status    the operators' page
"""
