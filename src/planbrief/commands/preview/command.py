"""``planbrief preview``: words to a studio and a server."""

from __future__ import annotations

import argparse
import signal
import threading
from typing import cast

from planbrief.display.language import LANGS, Lang
from planbrief.errors import UnknownName
from planbrief.project import chosen
from planbrief.run.plan import pairs


def command(arguments: argparse.Namespace) -> int:
    """Run ``planbrief preview`` until Ctrl-C."""
    from planbrief.commands.preview.server import serve
    from planbrief.commands.preview.studio import Studio

    for name in ("SIGTERM", "SIGHUP"):  # a service that is stopped, a terminal that is closed: as Ctrl-C
        if number := getattr(signal, name, None):
            signal.signal(number, signal.default_int_handler)
    studio = Studio(chosen(arguments), arguments.report or "", pairs(arguments.parameter), arguments.unchecked)
    languages = studio.report.languages if studio.report else LANGS
    lang = cast(Lang, arguments.lang or languages[0])
    if lang not in languages:
        raise UnknownName("language of this report", lang, languages)
    server = serve(studio, lang, arguments.port)
    threading.Thread(target=server.serve_forever, name="planbrief-preview", daemon=True).start()
    print(f"{server.url}  (Ctrl-C ends the preview)", flush=True)
    if studio.report:
        studio.shown(lang)  # begins before a browser asks
    if not arguments.no_browser:
        import webbrowser

        webbrowser.open(server.url)
    try:
        studio.run()
    except KeyboardInterrupt:
        pass
    finally:
        studio.stop()
        server.shutdown()
        server.server_close()
    return 0
