"""Knowledge from the command line: import, publish what was imported."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

kb_commands = typer.Typer(help="知识", no_args_is_help=True)
