"""No tables. Django announces the end of migrations only to apps that have this module, and `config.apps` grants rights then."""
