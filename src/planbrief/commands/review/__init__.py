"""``planbrief review ID``: a page on this machine on which a person decides about the rows of a draft."""

from __future__ import annotations

import argparse


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief review`` until Ctrl-C."""
    from planbrief.commands.review.server import Desk, serve
    from planbrief.project import chosen, writable

    server = serve(
        Desk(writable(chosen(arguments), "planbrief init DIR lays out a copy").data, arguments.draft),
        arguments.lang,
        arguments.port,
    )
    print(f"{server.url}  (Ctrl-C ends the review; everything decided is on the disk)", flush=True)
    if not arguments.no_browser:
        import webbrowser

        webbrowser.open(server.url)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0
