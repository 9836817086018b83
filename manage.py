#!/usr/bin/env python
import os
import sys


# These change tables, so they connect as the tables' owner; everything else connects as the application's role, which
# may only read and write rows.
OWNER_COMMANDS = {"migrate", "sqlflush", "flush", "pgtrigger", "prepare_server", "load_demo", "backup", "restore"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ.setdefault("DATABASE_CONNECT_AS", "owner")

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
