"""The command `zhida`."""

import typer

from operations.commands import centre, records
from operations.commands.keys import key_commands
from operations.commands.knowledge import kb_commands
from operations.commands.records import audit_commands, staff_commands
from operations.commands.sample import sample_commands
from operations.commands.searching import search_commands
from operations.commands.subscribers import subscriber_commands

app = typer.Typer(help="直答：客服中心的答案台", no_args_is_help=True, add_completion=False)
app.command("run")(centre.run)
app.command("init")(centre.init)
app.command("serve")(centre.serve)
app.command("jobs")(centre.work)
app.command("migrate")(centre.migrate)
app.command("backup")(records.backup)
app.command("restore")(records.restore)
app.command("move")(records.move)
app.add_typer(kb_commands, name="kb")
app.add_typer(search_commands, name="search")
app.add_typer(subscriber_commands, name="subscribers")
app.add_typer(sample_commands, name="sample")
app.add_typer(audit_commands, name="audit")
app.add_typer(staff_commands, name="staff")
app.add_typer(key_commands, name="keys")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
