"""
The command line: ``creditbank`` and ``python -m creditbank``.

click and rich come with the extra ``[cli]`` and are imported only when a command is run.
"""

import io
import sys
from collections.abc import Sequence

__all__ = ["main"]

_MISSING = 2


def main(argv: Sequence[str] | None = None) -> None:
    """
    Run the command line on *argv* (by default the process's own arguments), and exit with its code.

    Exit codes: 0 done; 1 refused; 2 malformed, or a mistyped command; 3 unverified; 4 the store could not do it.
    """
    try:
        from creditbank.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        print(
            f"creditbank: the command line needs {error.name}: pip install 'creditbank[cli]'",
            file=sys.stderr,
        )
        sys.exit(_MISSING)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show Chinese gets escapes instead of a traceback.
            stream.reconfigure(errors="backslashreplace")
    app.main(None if argv is None else list(argv), prog_name="creditbank")
