"""JupyterLab for this project: started on this machine alone, with the studies on its first page."""
