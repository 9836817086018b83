"""The portal's settings, with one page more for the benchmarks."""

from config.settings import *  # noqa: F403


# Eight clients of a benchmark come from one address.
LABEL_PAGES_PER_MINUTE = 10**9
ROOT_URLCONF = "benchmarks.site.product_urls"
