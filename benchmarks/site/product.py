"""The portal's settings, with one page more for the benchmarks."""

from config.settings import *  # noqa: F403


ROOT_URLCONF = "benchmarks.site.product_urls"
