"""One module per thing on screen; each route makes one domain call."""
