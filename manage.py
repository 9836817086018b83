#!/usr/bin/env python
import os
import sys


# These change tables or look how they were changed, so they connect as the tables' owner; everything else connects as the
# application's role, which may only read and write rows.
OWNER_COMMANDS = {"makemigrations", "migrate", "sqlflush", "flush", "pgtrigger", "prepare_server", "load_demo", "backup", "restore"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("DATABASE_CONNECT_AS", "owner")

    from django.core.management import execute_from_command_line

    from accounts import scope

    # A command acts for the system; a web server does so for nobody before it knows who asks.
    if sys.argv[1:2] != ["runserver"]:
        scope.use_outside_requests(scope.SYSTEM)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
