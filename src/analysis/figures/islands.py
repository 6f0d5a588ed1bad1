"""The enlarged picture of a study's own islands beside a map that is too wide to show them."""

from __future__ import annotations

import geopandas as gpd
import shapely

from analysis.figures import basemap, labels, style

WIDTH = 2.7  # inches
_SIZE = 8.5


def draw(page: style.Sheet, inset: gpd.GeoDataFrame, projection: str, *, top: float, title: str) -> None:
    """Draw islands with their names at the left of a sheet, below `top` inches of its body.

    Parameters
    ----------
    page : the sheet the map is on.
    inset : area_id, name, geometry (EPSG:4326). With a column `text`, only islands with a text are coloured,
        and it is printed.
    projection : the PROJ string of the map.
    title : printed above the islands.
    """
    shapes = inset.to_crs(projection)
    ground = basemap.frame(shapes.total_bounds, width=WIDTH, lowest=1.5, highest=3.4, margin=0.13)
    heading = style.wrap(title, WIDTH - 0.2, 9.5, bold=True) if title else []
    band = 0.17 * len(heading) + (0.08 if heading else 0)
    paper = page.canvas(0, top - ground.height - band, WIDTH, ground.height + band)
    paper.text(
        0.08, ground.height + band - 0.07, "\n".join(heading), size=9.5, weight="bold", va="top", linespacing=1.15
    )
    texts = shapes["text"].fillna("").astype(str).tolist() if "text" in shapes.columns else [""] * len(shapes)
    for text, shape in zip(texts, shapes.geometry, strict=True):
        colour = style.SKY if text else "#d0d0d0"
        basemap.draw(paper, [ground.on_paper(shape)], facecolor=colour, edgecolor="#4a4a4a", lw=0.6, zorder=4)
    basemap.frame_map(paper)
    regions = dict(
        zip(shapes["area_id"], (ground.on_paper(shape).simplify(0.01) for shape in shapes.geometry), strict=True)
    )
    wanted = []
    for area_id, name, text in zip(shapes["area_id"], shapes["name"], texts, strict=True):
        words = f"{name}\n{text}" if text else str(name)
        candidates = labels.beside(
            regions[area_id], *labels.extent(words, _SIZE, bool(text)), reach=(0.02, 0.05, 0.1, 0.2, 0.3)
        )
        wanted.append(labels.Label(area_id, words, _SIZE, candidates, bool(text)))
    avoid = [(area_id, region, 8.0) for area_id, region in regions.items()]
    corner = basemap.scale_bar_corner(ground, shapely.union_all(list(regions.values())))
    basemap.scale_bar(paper, ground, corner)
    labels.write(paper, labels.place(wanted, width=ground.width, height=ground.height, obstacles=[corner], avoid=avoid))
