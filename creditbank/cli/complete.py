"""``creditbank completion``: what a shell needs to complete our commands."""

from typing import Final

import click
from click.shell_completion import get_completion_class

from creditbank.cli.words import example

__all__ = ["completion"]

SHELLS: Final = ("bash", "zsh", "fish")
VARIABLE: Final = "_CREDITBANK_COMPLETE"
"""What click asks for when it is called to complete; made from the command's name."""


@click.command(
    short_help="Print what a shell needs to complete commands (补全).",
    epilog=example("creditbank completion bash"),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """
    Print what SHELL needs to complete creditbank's commands, options, files and institutions (补全).

    \b
    bash: eval "$(creditbank completion bash)"          in ~/.bashrc
    zsh:  eval "$(creditbank completion zsh)"           in ~/.zshrc
    fish: creditbank completion fish | source           in ~/.config/fish/config.fish
    """
    made = get_completion_class(shell)
    assert made is not None, "click knows these shells"
    root = ctx.find_root()
    # The text alone: click's own source() first runs bash, to ask for its version.
    parts = made(root.command, {}, "creditbank", VARIABLE)
    click.echo(parts.source_template % parts.source_vars())
