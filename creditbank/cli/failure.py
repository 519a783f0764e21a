"""Errors as the command line says them: one message on standard error, and an exit code by family."""

import errno
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import attrs
import click

from creditbank.errors import CreditBankError, MalformedError, RefusedError, StoreError, UnverifiedError

__all__ = ["USAGE_EXIT", "Commands", "as_plain", "fail", "needs_plan"]

USAGE_EXIT: Final = MalformedError.exit_code
"""A mistyped command is malformed text, too."""

_JSON: Final = "creditbank.json"
_FAMILIES: Final = (
    (RefusedError, "refused"),
    (MalformedError, "malformed"),
    (UnverifiedError, "unverified"),
    (StoreError, "store"),
)


def as_plain(error: CreditBankError) -> dict[str, Any]:
    """Return an error as ``--json`` writes it: class, code, message, exit code, and its fields."""
    family = _family(error)
    return {
        "error": type(error).__name__,
        "code": error.code if isinstance(error, RefusedError) else family,
        "message": str(error),
        "exit": error.exit_code,
        "fields": attrs.asdict(error) if attrs.has(type(error)) else {},  # type: ignore[arg-type] # asked just before
    }


@contextmanager
def needs_plan() -> Iterator[None]:
    """Say what to install where the optional packages of planning are not."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise StoreError(f"{error.name} is not installed", 'run pip install "creditbank[plan]"') from None


def _family(error: CreditBankError) -> str:
    return next((name for kind, name in _FAMILIES if isinstance(error, kind)), "error")


class _Told(logging.Handler):
    """What the library logs as an error (that a ledger is read-only, and why) is said on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"creditbank: {record.getMessage()}", err=True)


class Commands(click.Group):
    """A group whose commands' errors are said in one way, whichever command raised them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # An option of a command may be wrong before the command is there to be asked for --json.
        ctx.meta[_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        log, told = logging.getLogger("creditbank"), _Told(logging.ERROR)
        if not ctx.meta[_JSON]:
            log.addHandler(told)
        try:
            return super().invoke(ctx)
        except CreditBankError as error:
            fail(ctx, error)
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our output has had enough; click ends quietly
                raise
            fail(ctx, StoreError(f"{error.filename or 'a file'}: {error.strerror}", "check the path and its rights"))
        except click.UsageError as error:
            if not ctx.meta[_JSON]:
                raise
            message = error.format_message()
            _say_json({"error": "UsageError", "code": "usage", "message": message, "exit": USAGE_EXIT, "fields": {}})
            ctx.exit(USAGE_EXIT)
        finally:
            log.removeHandler(told)


def fail(ctx: click.Context, error: CreditBankError) -> None:
    """Say *error* and exit with its code."""
    if ctx.meta[_JSON]:
        _say_json(as_plain(error))
    else:
        click.echo(f"creditbank: {_family(error)}: {error}", err=True)
    ctx.exit(error.exit_code)


def _say_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, sort_keys=True), err=True)
