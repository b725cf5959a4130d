"""Who acts when a command is run at the machine itself."""

from core.identity import SYSTEM, Actor, Role

AT_THE_MACHINE = Actor(SYSTEM.staff_id, "本机命令行", roles=frozenset({Role.EDITOR, Role.ADMIN}))
