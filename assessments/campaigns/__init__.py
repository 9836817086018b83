"""A questionnaire put to a population of suppliers: launched, invited, followed, closed."""
