"""Charts, drawn once for the page and for the PDF. Imports nothing of ours.

Every function returns safe SVG markup: `<figure class="chart">{{ chart }}</figure>`. Colours are classes that
`static/css/charts.css` paints with our tokens, light or dark; the same shapes carry plain attributes for a PDF, where that
stylesheet is missing. A chart says in its title and description what it shows; put the table of its numbers beside it.
"""

from charts.definitions import (
    AreaScore,
    Part,
    TrajectoryPoint,
    area_scores,
    counted_rows,
    distribution,
    monthly_sources,
    share_lines,
    stacked_rows,
    trajectory,
)


__all__ = [
    "AreaScore",
    "Part",
    "TrajectoryPoint",
    "area_scores",
    "counted_rows",
    "distribution",
    "monthly_sources",
    "share_lines",
    "stacked_rows",
    "trajectory",
]
