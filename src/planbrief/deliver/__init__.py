"""Deliver an edition: by mail, into a folder, to a chat robot; each recipient gets each edition once.

::

    news        what an edition says to somebody: title, changes since what they had, files
    mail        the news as a mail, its way with a line drawn before the point of no return; the edition in a folder
    webhook     the news as a message of WeCom, DingTalk, Feishu or a generic receiver
    ledger      what was queued, sent, refused: the memory that survives a crash
    office      queue and send with retries
"""
