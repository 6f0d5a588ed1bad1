"""Released documents: figures, one page an area and analysis, and the index that leads to them."""
