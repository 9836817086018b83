from config.paths import var_dir


# Finished pages, for the view that only sends them.
FINISHED = var_dir() / "finished-pages"
