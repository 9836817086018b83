"""Versions of the rules in the database: loaded from files, weighed anew, compiled, put into words."""
