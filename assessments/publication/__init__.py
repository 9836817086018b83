"""How rules come into force: draft, back-test, announcement, news to suppliers."""
