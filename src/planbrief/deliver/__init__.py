"""Deliver an edition: by mail, into a folder, to a chat robot; each recipient gets each edition once.

::

    schedule    the file that says what, when and for whom, checked; which runs are due
    rounds      run what is due, queue and send, tell the operators; for ever, or by unit files of the machine
    status      which runs began and how they ended; the operators' page
    delivery    what an edition says to somebody (the mail's subject, changes since what they had, files), and the
                ledger of what was queued, sent, refused: the memory that survives a crash
    channels    the news as a mail or a robot's message, its way with a line drawn before the point of no return
    office      queue and send with retries
"""
