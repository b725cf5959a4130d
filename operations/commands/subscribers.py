"""Subscribers from the command line."""

import typer

from operations.commands.corrections import feedback

subscriber_commands = typer.Typer(help="用户资料", no_args_is_help=True)
subscriber_commands.command("feedback")(feedback)


@subscriber_commands.callback()
def subscribers() -> None:
    """用户资料。"""
