"""The demo: ten thousand invented suppliers with two cycles of assessments, scores, labels and pilots.

Everything is drawn from one seed, so that every first run shows the same companies; only the dates move with the day of loading.
"""
